import { Injectable } from '@nestjs/common';
import { isUUID } from 'class-validator';
import type { EntityManager } from 'typeorm';
import { TenantDatabase } from '../../../database/tenant.database';
import { reasonOf } from '../attempt/outcome';
import type { ReportedExecution } from './execution-result';

/**
 * What became of a report. `noted`: the delivery is final by it. `asked`: n8n is asked at once whether it is so. `known`: it
 * was final before. `other`: the delivery led to another execution, which counts. `early`: its attempt is not on record
 * yet. `closed`: nobody asks what became of it, because it was given up. `none`: it is not known. `ambiguous`: executions
 * of several integrations have this number.
 */
export type Reported =
  | { readonly kind: 'noted' | 'asked' | 'known' | 'other' | 'closed'; readonly deliveryId: string }
  | { readonly kind: 'early' }
  | { readonly kind: 'none' | 'ambiguous' };

interface Found {
  readonly id: string;
  readonly status: string;
  readonly execution_id: string | null;
  readonly workflow_id: string | null;
  /** Whether n8n can be asked. */
  readonly has_key: boolean;
}

const OPEN: ReadonlySet<string> = new Set(['accepted', 'running', 'unknown']);
const FINAL: ReadonlySet<string> = new Set(['succeeded', 'failed']);
const BEFORE: ReadonlySet<string> = new Set(['queued', 'held']);

/** Hears what an execution came to before n8n is asked, or where it cannot be. */
@Injectable()
export class ExecutionReport {
  constructor(private readonly database: TenantDatabase) {}

  /**
   * Has n8n asked at once what became of the execution, and where there is no key to ask with, ends the delivery that
   * started it; only one that waits to hear of it, so that a report that comes twice changes nothing the second time. It
   * is found by its id, in the report or in the header `x-mira-delivery-id` of the event that brought it, else by the
   * execution's.
   */
  async report(tenantId: string, eventId: string, told: ReportedExecution): Promise<Reported> {
    return this.database.transaction(tenantId, async (manager) => {
      const deliveryId = told.deliveryId ?? (await deliveryNamedBy(manager, tenantId, eventId));
      const found: Found[] = await (deliveryId === null
        ? manager.query(FIND_BY_EXECUTION, [tenantId, told.executionId, told.workflowId])
        : manager.query(FIND_BY_DELIVERY, [tenantId, deliveryId]));
      const [delivery, ...more] = found;
      if (!delivery) return { kind: 'none' };
      if (more.length > 0) return { kind: 'ambiguous' };
      return this.note(manager, tenantId, delivery, told);
    });
  }

  private async note(
    manager: EntityManager,
    tenantId: string,
    { id: deliveryId, status, execution_id, workflow_id, has_key }: Found,
    told: ReportedExecution,
  ): Promise<Reported> {
    const isOther =
      (execution_id !== null && execution_id !== told.executionId) ||
      (workflow_id !== null && told.workflowId !== null && workflow_id !== told.workflowId);
    if (BEFORE.has(status)) return { kind: 'early' };
    if (isOther) return { kind: 'other', deliveryId };
    if (FINAL.has(status)) return { kind: 'known', deliveryId };
    if (!OPEN.has(status)) return { kind: 'closed', deliveryId };
    if (has_key) {
      await manager.query(ASK, [tenantId, deliveryId, told.executionId]);
      return { kind: 'asked', deliveryId };
    }
    const reason = told.status === 'failed' ? reasonOf(told.error ?? 'The execution failed.') : null;
    await manager.query(END, [tenantId, deliveryId, told.status, told.executionId, reason]);
    return { kind: 'noted', deliveryId };
  }
}

/** By the header of the event that brought the report. */
async function deliveryNamedBy(manager: EntityManager, tenantId: string, eventId: string): Promise<string | null> {
  const [event]: { delivery_id: string | null }[] = await manager.query(
    `SELECT headers->>'x-mira-delivery-id' AS delivery_id FROM webhook_events WHERE tenant_id = $1 AND id = $2`,
    [tenantId, eventId],
  );
  return isUUID(event?.delivery_id) ? (event?.delivery_id ?? null) : null;
}

/** Held until the commit, for whoever asks n8n for the same moves the same rows. One for each way, so that each has its index. */
const FIND = `
  SELECT d.id, d.status, d.execution_id, d.execution_workflow_id AS workflow_id, EXISTS (
    SELECT FROM integrations i
    WHERE i.tenant_id = $1 AND i.id = d.execution_integration_id AND i.api_key IS NOT NULL) AS has_key
  FROM deliveries d`;
const FIND_BY_DELIVERY = `${FIND}
  WHERE d.tenant_id = $1 AND d.id = $2 AND d.agent_name IS NULL
  FOR UPDATE OF d`;
const FIND_BY_EXECUTION = `${FIND}
  WHERE d.tenant_id = $1 AND d.execution_id = $2 AND d.agent_name IS NULL
    AND ($3::text IS NULL OR d.execution_workflow_id IS NULL OR d.execution_workflow_id = $3)
  ORDER BY d.id DESC LIMIT 2
  FOR UPDATE OF d`;

/** One that was given up as unknown is open again. */
const ASK = `
  UPDATE deliveries
  SET execution_id = coalesce(execution_id, $3), confirm_at = now(), completed_at = NULL,
    status = CASE WHEN status = 'unknown' THEN 'running' ELSE status END
  WHERE tenant_id = $1 AND id = $2`;

/** As if n8n had been asked: the execution is kept. */
const END = `
  WITH ended AS (
    UPDATE deliveries d
    SET status = $3, execution_id = $4, reason = $5, confirm_at = NULL, completed_at = now(), execution_retry_since = NULL
    WHERE d.tenant_id = $1 AND d.id = $2
  )
  INSERT INTO delivery_executions AS e (tenant_id, delivery_id, number, execution_id, how, status, error)
  SELECT $1, $2, coalesce(max(k.number) FILTER (WHERE k.execution_id = $4), 1 + count(k.number)), $4, 'webhook',
    CASE WHEN $3 = 'succeeded' THEN 'success' ELSE 'error' END, $5
  FROM (SELECT) AS one
  LEFT JOIN delivery_executions k ON k.tenant_id = $1 AND k.delivery_id = $2
  ON CONFLICT (tenant_id, delivery_id, number) DO UPDATE
  SET status = excluded.status, error = coalesce(excluded.error, e.error)`;
