import type { Narrowing } from '../../../database/distribution';
import type { Statement } from '../../../database/group.client';

export interface HeldAttempt {
  readonly tenantId: string;
  readonly deliveryId: string;
  readonly attempt: number;
}

/**
 * Forgets what came back to attempts that ended in a hold and were followed by another one that did: while a hold stands
 * its probe is told the same again and again, and the newest answer is enough. The attempts themselves stay.
 */
export function forgettingSuperseded(held: readonly HeldAttempt[], only: Narrowing): Statement[] {
  const later = held.filter(({ attempt }) => attempt > 1);
  if (later.length === 0) return [];
  const values = [
    later.map(({ tenantId }) => tenantId),
    later.map(({ deliveryId }) => deliveryId),
    later.map(({ attempt }) => attempt),
  ];
  return [{ name: 'forget-superseded', text: forgetSql(only), values }];
}

const forgetSql = (only: Narrowing) => `
  UPDATE delivery_attempts before SET response_headers = NULL, response_body = NULL
  FROM unnest($1::uuid[], $2::uuid[], $3::int[]) AS t (tenant_id, delivery_id, number)
  JOIN delivery_attempts newest ON newest.tenant_id = t.tenant_id AND newest.delivery_id = t.delivery_id
    AND newest.number = t.number AND newest.outcome = 'held'${only('newest')}
  WHERE before.tenant_id = t.tenant_id AND before.delivery_id = t.delivery_id AND before.number = t.number - 1
    AND before.outcome = 'held'${only('before')}`;
