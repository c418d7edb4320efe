import { Inject, Injectable, Optional } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { DATABASE_TARGET, type DatabaseTarget } from '../../../database/database-target';
import { TenantDatabase } from '../../../database/tenant.database';
import type { N8nExecution } from '../../../n8n/client/execution';
import { CLAIM, CLAIM_OF_TENANT, KEEP, RECORD, TELL, TENANTS_DUE } from './execution.sql';
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
  /** `begun`: n8n runs it once more; `undone`: n8n did not take it that it is to. */
  readonly telling?: 'begun' | 'undone';
}

/** Of what is due, how much of whose. */
export interface ClaimedShare {
  readonly integrations: number;
  readonly ofEach: number;
  /** Integrations of one tenant, those that are being asked included. */
  readonly ofTenant: number;
  /** Those that are being asked. */
  readonly without: readonly { readonly integrationId: string; readonly tenantId: string }[];
}

/** All that was claimed of one integration. */
export interface OpenGroup {
  readonly tenantId: string;
  readonly integrationId: string;
  readonly open: readonly OpenExecution[];
}

/** Whoever claims them has so long, in seconds, to ask n8n and write down what it said. */
const LEASE_SECONDS = 90;

interface ClaimedRow {
  tenant_id: string;
  id: string;
  status: OpenExecution['status'];
  attempt_count: number;
  execution_id: string | null;
  execution_integration_id: string;
  confirm_count: number;
  age_ms: number;
  retry_ms: number | null;
  told_ms: number | null;
  retries: number;
  executions: string[];
  execution_retries: number | null;
  execution_workflow_id: string | null;
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
    @Optional() @Inject(DATABASE_TARGET) private readonly target?: Pick<DatabaseTarget, 'isDistributed'>,
  ) {}

  /** Takes those that are due, the longest due first. A process that dies with them leaves them to the next. */
  async claim(share: ClaimedShare): Promise<OpenGroup[]> {
    if (!this.target?.isDistributed) return this.take(CLAIM, valuesOf(share));
    const due: { tenant_id: string }[] = await this.dataSource.query(TENANTS_DUE, [share.integrations]);
    const groups: OpenGroup[] = [];
    for (const { tenant_id: tenantId } of due) {
      const integrations = share.integrations - groups.length;
      if (integrations <= 0) break;
      groups.push(...(await this.take(CLAIM_OF_TENANT, [...valuesOf({ ...share, integrations }), tenantId])));
    }
    return groups;
  }

  private async take(text: string, values: unknown[]): Promise<OpenGroup[]> {
    const [rows]: [ClaimedRow[], number] = await this.dataSource.query(text, values);
    return [...Map.groupBy(rows, (row) => row.execution_integration_id)].map(([integrationId, ofIntegration]) => ({
      tenantId: ofIntegration[0]?.tenant_id ?? '',
      integrationId,
      open: ofIntegration.map(openExecutionOf),
    }));
  }

  /** Before n8n is told to run an execution once more. False where somebody else has the delivery by now. */
  async tell(tenantId: string, { deliveryId, count }: OpenExecution): Promise<boolean> {
    return this.database.transaction(tenantId, async (manager) => {
      const [rows]: [unknown[], number] = await manager.query(TELL, [tenantId, deliveryId, count]);
      return rows.length > 0;
    });
  }

  /** Returns the ids of the deliveries that were still as they were claimed. */
  async record(tenantId: string, confirmed: readonly ConfirmedExecution[]): Promise<Set<string>> {
    if (confirmed.length === 0) return new Set();
    return this.database.transaction(tenantId, async (manager) => {
      const [rows]: [{ id: string }[], number] = await manager.query(RECORD, [
        tenantId,
        confirmed.map(({ deliveryId }) => deliveryId),
        confirmed.map(({ count }) => count),
        confirmed.map(({ status }) => status),
        confirmed.map(({ reason }) => reason),
        confirmed.map(({ inMs }) => inMs),
        confirmed.map(({ execution }) => execution?.id ?? null),
        confirmed.map(({ telling }) => telling ?? null),
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
  }
}

function valuesOf({ integrations, ofEach, ofTenant, without }: ClaimedShare): unknown[] {
  return [
    LEASE_SECONDS,
    integrations,
    ofEach,
    without.map(({ integrationId }) => integrationId),
    without.map(({ tenantId }) => tenantId),
    ofTenant,
  ];
}

function openExecutionOf(row: ClaimedRow): OpenExecution {
  const { tenant_id, integration_id: id, base_url, api_key, signing_secret, execution_id: executionId } = row;
  const isThere = id !== null && base_url !== null && signing_secret !== null;
  return {
    tenantId: tenant_id,
    deliveryId: row.id,
    status: row.status,
    attempt: row.attempt_count,
    executionId,
    earlier: row.executions.filter((one) => one !== executionId),
    count: row.confirm_count,
    ageMs: row.age_ms,
    retryMs: row.retry_ms ?? 0,
    toldMs: row.told_ms,
    retriesMade: row.retries,
    retriesAllowed: row.execution_retries ?? 0,
    workflowId: row.execution_workflow_id,
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
