import { Injectable } from '@nestjs/common';
import { TenantDatabase } from '../../../database/tenant.database';
import { reasonOf } from '../attempt/outcome';
import { executionRetryDelayMs } from './confirmation.schedule';
import type { ReportedExecution } from './execution-result';

/**
 * What became of a report. `noted`: the delivery is final by it. `known`: it was final before. `other`: the delivery led to
 * another execution since, which counts. `early`: its attempt is not on record yet. `closed`: nobody asks what became of
 * it, because it was given up. `none`: it is not known. `ambiguous`: executions of several integrations have this number.
 */
export type Reported =
  | { readonly kind: 'noted' | 'known' | 'other' | 'closed'; readonly deliveryId: string }
  | { readonly kind: 'early' }
  | { readonly kind: 'none' | 'ambiguous' };

interface Found {
  readonly id: string;
  readonly status: string;
  readonly execution_id: string | null;
}

const OPEN: ReadonlySet<string> = new Set(['accepted', 'running', 'unknown']);
const FINAL: ReadonlySet<string> = new Set(['succeeded', 'failed']);
const BEFORE: ReadonlySet<string> = new Set(['queued', 'held']);

/** Takes n8n's own word for what an execution came to, which comes sooner than n8n can be asked. */
@Injectable()
export class ExecutionReport {
  constructor(private readonly database: TenantDatabase) {}

  /**
   * Ends the delivery that started the execution; only one that waits to hear of it, so that a report that comes twice
   * changes nothing the second time. It is found by its id, in the report or in the header `x-mira-delivery-id` of the
   * event that brought it, else by the execution's.
   */
  async report(tenantId: string, eventId: string, told: ReportedExecution): Promise<Reported> {
    return this.database.transaction(tenantId, async (manager) => {
      const found: Found[] = await manager.query(FIND, [
        tenantId,
        eventId,
        told.deliveryId,
        told.executionId,
        told.workflowId,
      ]);
      const [delivery, ...more] = found;
      if (!delivery) return { kind: 'none' };
      if (more.length > 0) return { kind: 'ambiguous' };
      const { id: deliveryId, status, execution_id } = delivery;
      if (execution_id !== null && execution_id !== told.executionId) return { kind: 'other', deliveryId };
      if (FINAL.has(status)) return { kind: 'known', deliveryId };
      if (BEFORE.has(status)) return { kind: 'early' };
      if (!OPEN.has(status)) return { kind: 'closed', deliveryId };
      const reason = told.status === 'failed' ? reasonOf(told.error ?? 'The execution failed.') : null;
      await manager.query(END, [tenantId, deliveryId, told.status, told.executionId, reason, RETRY_DELAYS_MS]);
      return { kind: 'noted', deliveryId };
    });
  }
}

/** Before the first time that n8n runs it again, the second … A route wants it five times at most. */
const RETRY_DELAYS_MS = Array.from({ length: 5 }, (_, retriesMade) => executionRetryDelayMs(retriesMade));

/** Held until the commit, for whoever asks n8n for the same moves the same rows. */
const FIND = `
  WITH told AS (
    SELECT coalesce($3::uuid, CASE WHEN headers->>'x-mira-delivery-id' ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
      THEN (headers->>'x-mira-delivery-id')::uuid END) AS delivery_id
    FROM webhook_events WHERE tenant_id = $1 AND id = $2
    UNION ALL SELECT $3::uuid LIMIT 1
  )
  SELECT d.id, d.status, d.execution_id
  FROM deliveries d
  LEFT JOIN routes r ON r.tenant_id = d.tenant_id AND r.id = d.route_id
  WHERE d.tenant_id = $1 AND d.agent_name IS NULL
    AND CASE WHEN (SELECT delivery_id FROM told) IS NOT NULL THEN d.id = (SELECT delivery_id FROM told)
      ELSE d.execution_id = $4 AND ($5::text IS NULL OR r.workflow_id IS NULL OR r.workflow_id = $5) END
  ORDER BY d.id DESC LIMIT 2
  FOR UPDATE OF d`;

/**
 * As if n8n had been asked: the execution is kept, and where the route wants a failed one run again, and there is a key to
 * tell n8n so with, that is to come.
 */
const END = `
  WITH again AS (
    SELECT count(*)::int AS made FROM delivery_executions e
    WHERE e.tenant_id = $1 AND e.delivery_id = $2 AND e.how = 'retry'
  ), ended AS (
    UPDATE deliveries d
    SET status = $3, execution_id = $4, reason = $5,
      confirm_at = CASE WHEN next.is_to_come THEN now() + ($6::float8[])[next.made + 1] * interval '1 millisecond' END,
      completed_at = CASE WHEN next.is_to_come THEN NULL ELSE now() END
    FROM (
      SELECT again.made, $3 = 'failed' AND EXISTS (
        SELECT FROM deliveries open
        JOIN routes r ON r.tenant_id = open.tenant_id AND r.id = open.route_id AND r.execution_retries > again.made
        JOIN integrations i ON i.tenant_id = r.tenant_id AND i.id = r.integration_id AND i.api_key IS NOT NULL
        WHERE open.tenant_id = $1 AND open.id = $2) AS is_to_come
      FROM again
    ) AS next
    WHERE d.tenant_id = $1 AND d.id = $2
  )
  INSERT INTO delivery_executions AS e (tenant_id, delivery_id, number, execution_id, how, status, error)
  SELECT $1, $2, coalesce(max(k.number) FILTER (WHERE k.execution_id = $4), 1 + count(k.number)), $4, 'webhook',
    CASE WHEN $3 = 'succeeded' THEN 'success' ELSE 'error' END, $5
  FROM (SELECT) AS one
  LEFT JOIN delivery_executions k ON k.tenant_id = $1 AND k.delivery_id = $2
  ON CONFLICT (tenant_id, delivery_id, number) DO UPDATE
  SET status = excluded.status, error = coalesce(excluded.error, e.error)`;
