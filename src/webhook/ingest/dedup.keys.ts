import { Inject, Injectable, Optional } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { DATABASE_TARGET, type DatabaseTarget } from '../../database/database-target';
import type { Narrowing } from '../../database/distribution';
import type { Statement } from '../../database/group.client';
import { TenantDatabase } from '../../database/tenant.database';
import type { IncomingEvent, Stored } from './incoming-event';

/** How long a dedup key means the same delivery. After that it is free for another. */
export const DEDUP_DAYS = 7;

/** So few that nobody waits long behind it. */
const FORGET_AT_ONCE = 5_000;

interface KeyRow {
  tenant_id: string;
  scope: string;
  dedup_key: string;
  proof_hash: Buffer | null;
  event_id: string;
}

/** Remembers which deliveries were seen, and tells a repetition from a proof that was used again for another. */
@Injectable()
export class DedupKeys {
  constructor(
    private readonly dataSource: DataSource,
    private readonly database: TenantDatabase,
    @Optional() @Inject(DATABASE_TARGET) private readonly target?: Pick<DatabaseTarget, 'isDistributed'>,
  ) {}

  /**
   * Why each of these was not stored, by its id: its key, or its proof, is there already. The others of its group are
   * committed by now, so that a failure here must not touch them: it is said of these alone.
   */
  async explain(
    tenantIds: readonly string[],
    refused: readonly IncomingEvent[],
    timeoutMs: number,
  ): Promise<Map<string, Stored>> {
    if (refused.length === 0) return new Map();
    try {
      const { rows } = await this.database.pipeline(tenantIds, { timeoutMs }, (client) =>
        client.commitWith<KeyRow>(lookUp(refused, client.only)),
      );
      return new Map(refused.map((event) => [event.id, whyNot(event, rows)]));
    } catch (error) {
      return new Map(refused.map(({ id }) => [id, { kind: 'unexplained', error }]));
    }
  }

  /** Frees the keys whose days are over; returns how many. */
  async forgetExpired(now: Date): Promise<number> {
    const before = new Date(now.getTime() - DEDUP_DAYS * 86_400_000);
    if (!this.target?.isDistributed) return this.forget(FORGET, [before, FORGET_AT_ONCE]);
    let forgotten = 0;
    const tenants: { tenant_id: string }[] = await this.dataSource.query(TENANTS_TO_FORGET_OF, [before]);
    for (const { tenant_id: tenantId } of tenants) {
      forgotten += await this.forget(FORGET_OF_TENANT, [before, FORGET_AT_ONCE, tenantId]);
    }
    return forgotten;
  }

  private async forget(text: string, values: unknown[]): Promise<number> {
    let forgotten = 0;
    for (;;) {
      const [, count]: [unknown, number] = await this.dataSource.query(text, values);
      forgotten += count;
      if (count < FORGET_AT_ONCE) return forgotten;
    }
  }
}

const FORGET = `
  DELETE FROM webhook_dedup_keys WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM webhook_dedup_keys WHERE received_at < $1 LIMIT $2))`;

/** The same of one tenant: where the tables are spread, a place names a row among those of one server only. */
const FORGET_OF_TENANT = `
  DELETE FROM webhook_dedup_keys WHERE tenant_id = $3 AND ctid = ANY (ARRAY(
    SELECT ctid FROM webhook_dedup_keys WHERE tenant_id = $3 AND received_at < $1 LIMIT $2))`;

const TENANTS_TO_FORGET_OF = 'SELECT DISTINCT tenant_id FROM webhook_dedup_keys WHERE received_at < $1';

function lookUp(refused: readonly IncomingEvent[], only: Narrowing): Statement {
  return {
    name: 'find-dedup-keys',
    text: lookUpSql(only),
    values: [
      refused.map((e) => e.tenantId),
      refused.map((e) => e.dedupScope),
      refused.map((e) => e.dedupKey),
      refused.map((e) => e.proofHash),
    ],
  };
}

const lookUpSql = (only: Narrowing) => `
  SELECT k.tenant_id, k.scope, k.dedup_key, k.proof_hash, k.event_id
  FROM webhook_dedup_keys k
  JOIN unnest($1::uuid[], $2::text[], $3::text[], $4::bytea[]) AS r (tenant_id, scope, dedup_key, proof_hash)
    ON k.tenant_id = r.tenant_id AND k.scope = r.scope
    AND (k.dedup_key = r.dedup_key OR k.proof_hash = r.proof_hash)${only('k')}`;

function whyNot(event: IncomingEvent, rows: readonly KeyRow[]): Stored {
  const sameScope = rows.filter((row) => row.tenant_id === event.tenantId && row.scope === event.dedupScope);
  const sameKey = sameScope.find((row) => row.dedup_key === event.dedupKey);
  if (sameKey) return { kind: 'duplicate', id: sameKey.event_id };
  const sameProof = sameScope.find((row) => event.proofHash && row.proof_hash?.equals(event.proofHash));
  if (sameProof) return { kind: 'replayed', id: sameProof.event_id };
  // The row that stood in the way was taken away between the two statements: the sender simply tries again.
  return { kind: 'unexplained', error: new Error('a dedup key expired while it was looked at') };
}
