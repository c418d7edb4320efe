import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { N8nExecution } from '../../../n8n/client/execution';
import { TenantDatabase } from '../../../database/tenant.database';
import type { OpenExecution } from './open-execution';

/** What is to be written of one delivery after n8n was asked. */
export interface ConfirmedExecution {
  readonly deliveryId: string;
  /** As it was claimed with: who came in between has the last word. */
  readonly count: number;
  readonly status: 'accepted' | 'running' | 'succeeded' | 'failed' | 'unknown';
  readonly reason: string | null;
  /** When to go on; null where it has ended. */
  readonly inMs: number | null;
  readonly execution: N8nExecution | null;
  readonly how: 'webhook' | 'retry';
}

/** Whoever claims them has so long, in seconds, to ask n8n and write down what it said. */
const LEASE_SECONDS = 90;

interface ClaimedRow {
  tenant_id: string;
  id: string;
  status: OpenExecution['status'];
  execution_id: string | null;
  confirm_count: number;
  sent_at: Date;
  age_ms: number;
  retries: number;
  execution_retries: number | null;
  workflow_id: string | null;
  integration_id: string | null;
  base_url: string | null;
  api_key: Buffer | null;
  signing_secret: Buffer | null;
}

/** Asks the database which executions are to be asked for, and writes down what was found. */
@Injectable()
export class ExecutionRepository {
  constructor(
    private readonly dataSource: DataSource,
    private readonly database: TenantDatabase,
  ) {}

  /** Takes those that are due, the longest due first. A process that dies with them leaves them to the next. */
  async claim(limit: number): Promise<OpenExecution[]> {
    const [rows]: [ClaimedRow[], number] = await this.dataSource.query(CLAIM, [LEASE_SECONDS, limit]);
    return rows.map(openExecutionOf);
  }

  /** Returns the ids of the deliveries that were still as they were claimed. */
  async record(tenantId: string, confirmed: readonly ConfirmedExecution[]): Promise<Set<string>> {
    const moved = await this.database.transaction(tenantId, async (manager) => {
      const [rows]: [{ id: string }[], number] = await manager.query(RECORD, [
        tenantId,
        confirmed.map(({ deliveryId }) => deliveryId),
        confirmed.map(({ count }) => count),
        confirmed.map(({ status }) => status),
        confirmed.map(({ reason }) => reason),
        confirmed.map(({ inMs }) => inMs),
        confirmed.map(({ execution }) => execution?.id ?? null),
      ]);
      const ids = new Set(rows.map(({ id }) => id));
      const known = confirmed.filter(({ execution, deliveryId }) => execution !== null && ids.has(deliveryId));
      if (known.length > 0) {
        await manager.query(KEEP, [
          tenantId,
          known.map(({ deliveryId }) => deliveryId),
          known.map(({ execution }) => execution?.id),
          known.map(({ how }) => how),
          known.map(({ execution }) => execution?.status),
          known.map(({ execution }) => execution?.startedAt),
          known.map(({ execution }) => execution?.stoppedAt),
          known.map(({ execution }) => execution?.error),
        ]);
      }
      return ids;
    });
    return moved;
  }
}

function openExecutionOf(row: ClaimedRow): OpenExecution {
  const { tenant_id, integration_id: id, base_url, api_key, signing_secret } = row;
  const isThere = id !== null && base_url !== null && signing_secret !== null;
  return {
    tenantId: tenant_id,
    deliveryId: row.id,
    status: row.status,
    executionId: row.execution_id,
    count: row.confirm_count,
    sentAt: row.sent_at,
    ageMs: row.age_ms,
    retriesMade: row.retries,
    retriesAllowed: row.execution_retries ?? 0,
    workflowId: row.workflow_id,
    integration: isThere
      ? {
          tenant_id,
          id,
          base_url,
          api_key,
          signing_secret,
          previous_signing_secret: null,
          previous_signing_secret_expires_at: null,
        }
      : null,
  };
}

const CLAIM = `
  UPDATE deliveries d
  SET confirm_at = now() + $1 * interval '1 second', confirm_count = d.confirm_count + 1
  FROM (
    SELECT tenant_id, id FROM deliveries WHERE confirm_at <= now() ORDER BY confirm_at LIMIT $2 FOR UPDATE SKIP LOCKED
  ) AS due
  JOIN deliveries open ON open.tenant_id = due.tenant_id AND open.id = due.id
  LEFT JOIN routes r ON r.tenant_id = open.tenant_id AND r.id = open.route_id
  LEFT JOIN integrations i ON i.tenant_id = r.tenant_id AND i.id = r.integration_id AND i.kind = 'n8n'
  CROSS JOIN LATERAL (
    SELECT count(*)::int AS retries, max(e.started_at) AS retried_at FROM delivery_executions e
    WHERE e.tenant_id = open.tenant_id AND e.delivery_id = open.id AND e.how = 'retry'
  ) AS again
  CROSS JOIN LATERAL (
    SELECT greatest(max(a.started_at), again.retried_at, open.created_at) AS sent_at FROM delivery_attempts a
    WHERE a.tenant_id = open.tenant_id AND a.delivery_id = open.id
  ) AS sent
  WHERE d.tenant_id = due.tenant_id AND d.id = due.id
  RETURNING d.tenant_id, d.id, d.status, d.execution_id, d.confirm_count, sent.sent_at, again.retries,
    (extract(epoch FROM now() - sent.sent_at) * 1000)::float8 AS age_ms, r.execution_retries, r.workflow_id,
    i.id AS integration_id, i.base_url, i.api_key, i.signing_secret`;

const RECORD = `
  UPDATE deliveries d
  SET status = told.status, reason = told.reason, execution_id = coalesce(told.execution_id, d.execution_id),
    confirm_at = now() + told.in_ms * interval '1 millisecond',
    completed_at = CASE WHEN told.in_ms IS NULL THEN now() END
  FROM unnest($2::uuid[], $3::int[], $4::text[], $5::text[], $6::float8[], $7::text[])
    AS told (id, count, status, reason, in_ms, execution_id)
  WHERE d.tenant_id = $1 AND d.id = told.id AND d.confirm_at IS NOT NULL AND d.confirm_count = told.count
    AND d.status IN ('accepted', 'running', 'failed')
  RETURNING d.id`;

/** One that is known keeps its number. */
const KEEP = `
  INSERT INTO delivery_executions AS e (tenant_id, delivery_id, number, execution_id, how, status, started_at, stopped_at,
    error)
  SELECT $1, told.delivery_id,
    coalesce(
      (SELECT number FROM delivery_executions k
       WHERE k.tenant_id = $1 AND k.delivery_id = told.delivery_id AND k.execution_id = told.execution_id),
      (SELECT 1 + count(*) FROM delivery_executions k WHERE k.tenant_id = $1 AND k.delivery_id = told.delivery_id)),
    told.execution_id, told.how, told.status, told.started_at, told.stopped_at, told.error
  FROM unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::timestamptz[], $8::text[])
    AS told (delivery_id, execution_id, how, status, started_at, stopped_at, error)
  ON CONFLICT (tenant_id, delivery_id, number) DO UPDATE
  SET status = excluded.status, started_at = coalesce(excluded.started_at, e.started_at),
    stopped_at = excluded.stopped_at, error = coalesce(excluded.error, e.error)`;
