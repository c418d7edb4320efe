import { Inject, Injectable, Optional } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { DATABASE_TARGET, type DatabaseTarget } from '../../../database/database-target';
import type { Narrowing } from '../../../database/distribution';
import type { GroupClient, Statement } from '../../../database/group.client';
import { HeldQuotas, holdingQuota, MONTHLY_WORKFLOWS } from '../../../enterprise/plan/held-quotas';
import { countingWorkflows } from '../../../enterprise/plan/quota.allowance';
import { limitSql } from '../../../enterprise/plan/plan.sql';
import { UNLIMITED } from '../../../enterprise/plan/plans';
import { UsageClock } from '../../../enterprise/usage/usage.clock';
import type { ClaimedJob } from '../queue/claimed-job';
import { DeliveryQueue } from '../queue/delivery.queue';
import { attemptedForAnother } from '../attempt/attempting';
import { askedOf } from '../attempt/due-delivery';

/** Few enough that nobody waits long behind them. */
const RELEASED_AT_ONCE = 1_000;
const HELD_REASON = "The plan's workflows of this month are used up; it goes on when there are more.";

interface ReleasedRow {
  readonly id: string;
  readonly attempt_count: number;
}

/**
 * The plan's `max_workflows_per_month`. A delivery takes its place before its first attempt at a workflow, once; one
 * that finds none is held, which costs it no attempt, and goes on when the month turns or the plan grows.
 */
@Injectable()
export class WorkflowQuota {
  constructor(
    private readonly dataSource: DataSource,
    private readonly queue: DeliveryQueue,
    private readonly clock: UsageClock,
    @Optional() @Inject(DATABASE_TARGET) private readonly target?: Pick<DatabaseTarget, 'isDistributed'>,
  ) {}

  /** As an SQL condition: one of the tenants `$1` has the limit, so that `reserve` must be called for their deliveries. */
  get isLimited(): string {
    return `EXISTS (SELECT FROM tenants t WHERE t.id = ANY ($1::uuid[])
      AND ${limitSql(MONTHLY_WORKFLOWS.limit, this.clock.now)} <> ${UNLIMITED})`;
  }

  /** The preamble of the transaction that calls `reserve`. */
  holding(tenantIds: readonly string[]): string {
    return holdingQuota(MONTHLY_WORKFLOWS, this.clock, tenantIds);
  }

  /** Takes their places to those deliveries whose tenants have a limit, and holds what finds none. */
  async reserve(client: GroupClient, quotas: HeldQuotas, jobs: readonly ClaimedJob[]): Promise<void> {
    const { limited } = quotas;
    const limitedIds = new Set(limited.map(({ tenantId }) => tenantId));
    if (!jobs.some(({ tenantId }) => limitedIds.has(tenantId))) return;
    await client.query(reserving(jobs, quotas, this.queue.jobSeconds, client.only));
  }

  /** Lets as many of those that were held go on as there is room for, the oldest first; returns how many. */
  async release(): Promise<number> {
    const text = this.target?.isDistributed ? TENANTS_WITH_HELD_OF_ALL_SERVERS : TENANTS_WITH_HELD;
    const tenants: { tenant_id: string }[] = await this.dataSource.query(text);
    let released = 0;
    for (const { tenant_id: tenantId } of tenants) released += await this.releaseOf(tenantId);
    if (released > 0) this.queue.wake();
    return released;
  }

  private async releaseOf(tenantId: string): Promise<number> {
    return this.dataSource.transaction(async (manager) => {
      const room = Math.min(await this.room(manager, tenantId), RELEASED_AT_ONCE);
      if (room <= 0) return 0;
      const [rows]: [ReleasedRow[], number] = await manager.query(RELEASE, [tenantId, room]);
      const attempts = rows.map(({ id: deliveryId, attempt_count: made }) => ({
        tenantId,
        deliveryId,
        attempt: made + 1,
        startAfter: null,
      }));
      await this.queue.enqueue(manager, attempts);
      return attempts.length;
    });
  }

  /** Not locked: who goes on with no room is held again. */
  private async room(manager: EntityManager, tenantId: string): Promise<number> {
    const { now, today } = this.clock;
    const { limit, metric, period } = MONTHLY_WORKFLOWS;
    const [row]: { max: number; used: number | null }[] = await manager.query(
      `SELECT ${limitSql(limit, now)} AS max,
         (SELECT count::int FROM usage_counters u WHERE u.tenant_id = t.id AND metric = '${metric}'
            AND period = '${period}' AND starts_on = date_trunc('${period}', ${today}::timestamp)::date) AS used
       FROM tenants t WHERE t.id = $1`,
      [tenantId],
    );
    if (!row) return 0;
    return row.max < 0 ? Infinity : row.max - (row.used ?? 0);
  }
}

function reserving(jobs: readonly ClaimedJob[], quotas: HeldQuotas, expirySeconds: number, only: Narrowing): Statement {
  const values = [
    ...askedOf(jobs),
    quotas.limited.map(({ tenantId }) => tenantId),
    quotas.limited.map(({ remaining }) => remaining),
    HELD_REASON,
    quotas.day,
    expirySeconds,
  ];
  return { name: 'reserve-workflows', text: reserveSql(only), values };
}

/**
 * One that took its place before, by a worker that died or for an attempt before this one, needs no other. All that the
 * jobs ask for are locked, in the order in which all do, for all of them are loaded next.
 */
const reserveSql = (only: Narrowing) => `
  WITH locked AS (
    SELECT * FROM (
      SELECT d.*, job.attempt
      FROM (SELECT DISTINCT * FROM unnest($1::uuid[], $2::uuid[], $3::int[]) AS t (tenant_id, id, attempt)) AS job
      JOIN deliveries d ON d.tenant_id = job.tenant_id AND d.id = job.id${only('d')}
      ORDER BY d.tenant_id, d.id FOR UPDATE OF d) AS these
  ), d AS (
    SELECT * FROM locked WHERE status = 'queued' AND attempt_count = attempt - 1
  ), asked AS (
    SELECT d.tenant_id, d.id, row_number() OVER (PARTITION BY d.tenant_id ORDER BY d.id) <= q.remaining AS has_room
    FROM d
    JOIN unnest($5::uuid[], $6::int[]) AS q (tenant_id, remaining) ON q.tenant_id = d.tenant_id
    JOIN routes r ON r.tenant_id = d.tenant_id AND r.id = d.route_id AND r.target_kind = 'n8n'${only('r')}
    WHERE NOT d.workflow_counted AND NOT ${attemptedForAnother('$4::uuid[]', '$9')}
  ), moved AS (
    UPDATE deliveries d
    SET workflow_counted = has_room,
      status = CASE WHEN has_room THEN d.status ELSE 'held' END,
      held_for = CASE WHEN has_room THEN NULL ELSE 'workflow_quota' END,
      reason = CASE WHEN has_room THEN d.reason ELSE $7 END,
      next_attempt_at = CASE WHEN has_room THEN d.next_attempt_at END,
      attempting_since = CASE WHEN has_room THEN d.attempting_since END
    FROM asked
    WHERE d.tenant_id = asked.tenant_id AND d.id = asked.id${only('d')}
    RETURNING d.tenant_id, d.workflow_counted
  )
  ${countingWorkflows('SELECT tenant_id, count(*) FROM moved WHERE workflow_counted GROUP BY tenant_id', '$8::date')}`;

/** What the index of them is for. */
const OVER_QUOTA = `status = 'held' AND held_for = 'workflow_quota'`;

/** From one tenant to the next by the index, however many one of them has. */
const TENANTS_WITH_HELD = `
  WITH RECURSIVE t AS (
    (SELECT tenant_id FROM deliveries WHERE ${OVER_QUOTA} ORDER BY tenant_id LIMIT 1)
    UNION ALL
    SELECT (SELECT d.tenant_id FROM deliveries d WHERE ${OVER_QUOTA} AND d.tenant_id > t.tenant_id
            ORDER BY d.tenant_id LIMIT 1)
    FROM t WHERE t.tenant_id IS NOT NULL
  )
  SELECT tenant_id FROM t WHERE tenant_id IS NOT NULL`;

const TENANTS_WITH_HELD_OF_ALL_SERVERS = `SELECT DISTINCT tenant_id FROM deliveries WHERE ${OVER_QUOTA} ORDER BY 1`;

/** Chosen once and apart: as a condition the limited choice may be made anew for every row, and then lets all go. */
const RELEASE = `
  WITH chosen AS MATERIALIZED (
    SELECT id FROM deliveries WHERE tenant_id = $1 AND ${OVER_QUOTA}
    ORDER BY id LIMIT $2 FOR UPDATE SKIP LOCKED
  )
  UPDATE deliveries d SET status = 'queued', held_for = NULL, reason = NULL, next_attempt_at = now()
  FROM chosen WHERE d.tenant_id = $1 AND d.id = chosen.id
  RETURNING d.id, d.attempt_count`;
