import { Injectable } from '@nestjs/common';
import { TenantDatabase } from '../../../database/tenant.database';
import { reasonOf } from '../attempt/outcome';
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
      await manager.query(END, [tenantId, deliveryId, told.status, told.executionId, reason]);
      return { kind: 'noted', deliveryId };
    });
  }
}

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

const END = `
  UPDATE deliveries
  SET status = $3, execution_id = $4, reason = $5, confirm_at = NULL, completed_at = now()
  WHERE tenant_id = $1 AND id = $2`;
