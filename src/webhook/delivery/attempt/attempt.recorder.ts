import { BenchmarkRegistry } from '@mira/benchmark';
import { Injectable } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Narrowing } from '../../../database/distribution';
import type { Statement } from '../../../database/group.client';
import { isCollision, isDataFault, isDatabaseAway } from '../../../database/database-away';
import { GroupCommit } from '../../../database/group-commit';
import { statementName } from '../../../database/statement-name';
import { TenantDatabase } from '../../../database/tenant.database';
import { UsageClock } from '../../../enterprise/usage/usage.clock';
import type { ClaimedJob } from '../queue/claimed-job';
import { DeliveryQueue } from '../queue/delivery.queue';
import type { HoldReason } from '../hold/hold-reason';
import { HoldRecorder, type HoldWitness, type OpenedHold } from '../hold/hold.recorder';
import { RouteOrder, sortedOnce } from '../hold/route.order';
import { countingWorkflows } from '../../../enterprise/plan/quota.allowance';
import { FIRST_CONFIRMATION_AFTER } from '../execution/confirmation.schedule';
import type { AcceptedExecution, Outcome } from './outcome';
import { forgettingSuperseded, type HeldAttempt } from './superseded.answers';

/** An attempt that was made, with what it came to. */
export interface FinishedAttempt {
  /** The job that asked for it, maybe with those of other deliveries. */
  readonly job: ClaimedJob;
  readonly deliveryId: string;
  /** Whether it was made to a workflow, which is counted once for a delivery. */
  readonly isWorkflow: boolean;
  /** The ordered route on which others wait behind it; null where none do. */
  readonly orderedRouteId: string | null;
  /** Whether it was let through a hold, to see whether that is over. */
  readonly isProbe: boolean;
  /** The hold that it shows to be needed. */
  readonly opens: OpenedHold | null;
  readonly startedAt: Date;
  readonly durationMs: number;
  readonly outcome: Outcome;
  readonly statusCode: number | null;
  readonly responseHeaders: Readonly<Record<string, string>> | null;
  readonly responseBody: Buffer | null;
}

/** The transaction that writes down what a group of attempts came to. */
const RECORDING = 'delivery_record';
const RECORD_TIMEOUT_MS = 10_000;
/** For so long an outcome is kept while the database is away: less than the time after which the job is given out again. */
const PATIENCE_MS = 12_000;
const RETRY_MS = 500;
const RESET_ROLE: Statement = { text: 'RESET ROLE', values: [] };
/** A reason is a sentence or two. */
const MAX_REASON_CHARACTERS = 2_000;

/**
 * Writes what attempts came to, those that end together in one transaction: the attempt, its delivery, the job of
 * the next attempt, and the end of this job. A second worker that made the same attempt changes nothing.
 */
@Injectable()
export class AttemptRecorder {
  private readonly group: GroupCommit<FinishedAttempt, true>;

  constructor(
    private readonly database: TenantDatabase,
    private readonly queue: DeliveryQueue,
    private readonly holds: HoldRecorder,
    private readonly order: RouteOrder,
    private readonly clock: UsageClock,
    benchmarks: BenchmarkRegistry,
  ) {
    this.group = new GroupCommit<FinishedAttempt, true>({
      commit: (attempts) => benchmarks.measure(RECORDING, () => this.commit(attempts)),
      sharedBy: database.isDistributed ? ({ job }) => job.tenantId : undefined,
      maxGroup: 200,
      weightOf: ({ responseBody }) => responseBody?.length ?? 0,
      maxGroupBytes: 1_048_576,
      maxConcurrent: 2,
      maxWaitMs: 60_000,
      maxWaiting: 10_000,
      maxWaitingBytes: 67_108_864,
      isRowFault: (error) => isDataFault(error) || isCollision(error),
    });
  }

  /** Resolves when it is committed. */
  async record(attempt: FinishedAttempt): Promise<void> {
    const giveUpAt = Date.now() + PATIENCE_MS;
    for (;;) {
      try {
        await this.group.submit(attempt);
        return;
      } catch (error) {
        if (isDataFault(error)) return this.recordUnstorable(attempt);
        if (!isDatabaseAway(error) || Date.now() > giveUpAt) throw error;
        await sleep(RETRY_MS);
      }
    }
  }

  /** What the database will not take must not be tried for ever: the answer is left out, and the delivery ends here. */
  private async recordUnstorable(attempt: FinishedAttempt): Promise<void> {
    const outcome = {
      kind: 'dead',
      cause: 'unstorable',
      reason: 'The outcome of the attempt could not be stored.',
      rejected: false,
    } as const;
    await this.group.submit({ ...attempt, outcome, opens: null, responseHeaders: null, responseBody: null });
  }

  /** Ends jobs all of whose attempts were made and recorded before. */
  async discard(jobs: readonly ClaimedJob[]): Promise<void> {
    if (jobs.length === 0) return;
    const finish = [RESET_ROLE, await this.queue.completion(jobs)];
    await this.database.pipeline(tenantsOf(jobs), { timeoutMs: RECORD_TIMEOUT_MS }, (client) => client.commit(finish));
  }

  private async commit(attempts: readonly FinishedAttempt[]): Promise<true[]> {
    const byJob = Map.groupBy(attempts, ({ job }) => job);
    const jobs = [...byJob.keys()];
    const finished = jobs.filter((job) => job.open === byJob.get(job)?.length);
    // The queue's rows are Mira's own: the tenant role may add to them, but neither see nor take any.
    const finishing = finished.length > 0 ? [RESET_ROLE, await this.queue.completion(finished)] : [];
    const { today } = this.clock;
    const waitedFor = sortedOnce(
      attempts.flatMap(({ job: { tenantId }, orderedRouteId: routeId }) =>
        routeId === null ? [] : [{ tenantId, routeId }],
      ),
    );
    const changes = await this.database.pipeline(tenantsOf(jobs), { timeoutMs: RECORD_TIMEOUT_MS }, async (client) => {
      const changed = await this.holds.change(client, attempts.map(witnessOf));
      if (waitedFor.length === 0 && attempts.every(({ outcome }) => outcome.kind !== 'retry')) {
        await client.commit([
          recording(attempts, today, client.only),
          ...forgettingSuperseded(attempts.flatMap(heldOf), client.only),
          ...finishing,
        ]);
        return changed;
      }
      await this.order.lock(client, waitedFor);
      const { rows } = await client.query<{ id: string }>(recording(attempts, today, client.only));
      const moved = new Set(rows.map(({ id }) => id));
      const retried = attempts.flatMap((attempt) => nextAttemptOf(attempt, moved));
      const next = [...retried, ...(await this.order.advance(client, waitedFor))];
      const enqueuing = next.length > 0 ? [await this.queue.insertion(next)] : [];
      await client.commit([...forgettingSuperseded(attempts.flatMap(heldOf), client.only), ...enqueuing, ...finishing]);
      return changed;
    });
    this.holds.announce(changes);
    for (const { job } of attempts) job.ended();
    await this.finishLeftOver(jobs.filter((job) => job.open === 0 && !finished.includes(job)));
    return attempts.map(() => true);
  }

  /**
   * Jobs whose last attempts were recorded by two groups at the same time, so that neither saw the end of them. What
   * they asked for is done; one that is not finished here is given out again when its time is over, and found done.
   */
  private async finishLeftOver(jobs: readonly ClaimedJob[]): Promise<void> {
    await this.discard(jobs).catch(() => undefined);
  }
}

/**
 * Answers with the ids of the deliveries that were still waiting for their attempt. `today` is an SQL expression. Times go there as how far they are
 * from now, for whoever reads them compares them with the database's clock, and this process's may be another.
 */
function recording(attempts: readonly FinishedAttempt[], today: string, only: Narrowing): Statement {
  const now = Date.now();
  const values = [
    attempts.map(({ job }) => job.tenantId),
    attempts.map(({ deliveryId }) => deliveryId),
    attempts.map(({ job }) => job.attempt),
    attempts.map(({ startedAt }) => now - startedAt.getTime()),
    attempts.map(({ durationMs }) => durationMs),
    attempts.map(({ outcome }) => outcome.kind),
    attempts.map(({ outcome }) => storable(outcome.reason)),
    attempts.map(({ statusCode }) => statusCode),
    attempts.map(({ responseHeaders }) => responseHeaders && JSON.stringify(responseHeaders)),
    attempts.map(({ responseBody }) => responseBody),
    attempts.map(({ outcome }) => statusOf(outcome)),
    attempts.map(({ outcome }) => (outcome.kind === 'retry' ? outcome.at.getTime() - now : null)),
    attempts.map(({ outcome }) => (outcome.kind !== 'delivered' && outcome.rejected ? 1 : 0)),
    attempts.map(({ isWorkflow }) => isWorkflow),
    attempts.map(heldForOf),
    attempts.map(({ outcome }) => (outcome.kind === 'dead' ? outcome.cause : null)),
    attempts.map(({ outcome }) => executionOf(outcome)?.id ?? null),
    attempts.map(({ outcome }) => executionOf(outcome)?.canBeAskedFor ?? false),
    attempts.map(({ outcome }) => executionOf(outcome)?.integrationId ?? null),
    attempts.map(({ outcome }) => executionOf(outcome)?.workflowId ?? null),
  ];
  const text = recordSql(today, only);
  return { name: statementName(text), text, values };
}

const STATUS_OF = { delivered: 'delivered', retry: 'queued', held: 'held', dead: 'dead' } as const satisfies Record<
  Outcome['kind'],
  string
>;

function executionOf(outcome: Outcome): AcceptedExecution | undefined {
  return outcome.kind === 'delivered' ? outcome.execution : undefined;
}

/** What n8n took is not delivered before its execution has ended. */
function statusOf(outcome: Outcome): string {
  return executionOf(outcome) ? 'accepted' : STATUS_OF[outcome.kind];
}

/** PostgreSQL takes no NUL in a text, and an agent may say anything. */
function storable(reason: string | null): string | null {
  return reason && reason.slice(0, MAX_REASON_CHARACTERS).replaceAll('\0', '').toWellFormed();
}

function heldForOf({ outcome }: FinishedAttempt): HoldReason | null {
  return outcome.kind === 'held' ? outcome.heldFor : null;
}

function heldOf({ job: { tenantId, attempt }, deliveryId, outcome }: FinishedAttempt): HeldAttempt[] {
  return outcome.kind === 'held' ? [{ tenantId, deliveryId, attempt }] : [];
}

function witnessOf({ job: { tenantId }, deliveryId, opens, isProbe }: FinishedAttempt): HoldWitness {
  return { tenantId, deliveryId, opens, isProbe };
}

function tenantsOf(jobs: readonly ClaimedJob[]): string[] {
  return [...new Set(jobs.map(({ tenantId }) => tenantId))];
}

function nextAttemptOf({ job, deliveryId, outcome }: FinishedAttempt, moved: ReadonlySet<string>) {
  if (outcome.kind !== 'retry' || !moved.has(deliveryId)) return [];
  return [{ tenantId: job.tenantId, deliveryId, attempt: job.attempt + 1, startAfter: outcome.at }];
}

/**
 * Locked before they are changed: what a row was before is only to be had from the row that nobody else changes. By
 * their keys alone, and looked at once they are held: with the status among the conditions the planner may go through
 * all that a tenant has open. Two things are for Citus, which does it in steps: what is inserted is answered with, although
 * nobody asks, for it would COPY it otherwise, which tables under row-level security refuse; and the locks are taken in a
 * query within one, for it mistakes the format of what a query gives that takes them itself.
 */
const recordSql = (today: string, only: Narrowing) => `
  WITH ended AS (
    SELECT t.*, now() - started_ago_ms * interval '1 millisecond' AS started_at,
      now() - (started_ago_ms - duration_ms) * interval '1 millisecond' AS ended_at,
      now() + next_in_ms * interval '1 millisecond' AS next_attempt_at, now() + ${FIRST_CONFIRMATION_AFTER} AS confirm_at
    FROM unnest($1::uuid[], $2::uuid[], $3::int[], $4::float8[], $5::float8[], $6::text[], $7::text[], $8::int[],
      $9::text[], $10::bytea[], $11::text[], $12::float8[], $13::int[], $14::boolean[], $15::text[], $16::text[],
      $17::text[], $18::boolean[], $19::uuid[], $20::text[])
      AS t (tenant_id, delivery_id, number, started_ago_ms, duration_ms, outcome, reason, status_code,
        response_headers, response_body, status, next_in_ms, rejections, is_workflow, held_for, cause, execution_id,
        is_to_confirm, execution_integration_id, execution_workflow_id)
  ), d AS (
    SELECT * FROM (
      SELECT d.tenant_id, d.id, d.status, d.attempt_count, d.workflow_counted, ended.number, ended.is_workflow
      FROM ended JOIN deliveries d ON d.tenant_id = ended.tenant_id AND d.id = ended.delivery_id${only('d')}
      ORDER BY d.tenant_id, d.id FOR UPDATE OF d) AS locked
  ), waiting AS (
    SELECT tenant_id, id, number, is_workflow AND NOT workflow_counted AS is_execution
    FROM d WHERE status IN ('queued', 'held') AND attempt_count = number - 1
  ), moved AS (
    UPDATE deliveries d
    SET status = ended.status,
      workflow_counted = d.workflow_counted OR is_execution,
      attempt_count = ended.number,
      rejection_count = d.rejection_count + ended.rejections,
      held_attempts = d.held_attempts + (ended.status = 'held')::int,
      held_for = ended.held_for,
      attempting_since = NULL,
      attempting_job = NULL,
      next_attempt_at = ended.next_attempt_at,
      reason = ended.reason,
      cause = ended.cause,
      execution_id = ended.execution_id,
      execution_integration_id = ended.execution_integration_id,
      execution_workflow_id = ended.execution_workflow_id,
      execution_retry_since = NULL,
      execution_told_at = NULL,
      confirm_at = CASE WHEN ended.is_to_confirm THEN ended.confirm_at END,
      confirm_count = 0,
      completed_at = CASE WHEN ended.status NOT IN ('queued', 'held') AND NOT ended.is_to_confirm
        THEN ended.ended_at END
    FROM ended JOIN waiting ON waiting.tenant_id = ended.tenant_id AND waiting.id = ended.delivery_id
      AND waiting.number = ended.number
    WHERE d.tenant_id = waiting.tenant_id AND d.id = waiting.id${only('d')}
    RETURNING d.tenant_id, d.id, is_execution
  ), kept AS (
    INSERT INTO delivery_attempts (tenant_id, delivery_id, number, started_at, duration_ms, outcome, reason,
      status_code, response_headers, response_body)
    SELECT tenant_id, delivery_id, number, started_at, duration_ms, outcome, reason, status_code,
      response_headers::jsonb, response_body
    FROM ended
    WHERE delivery_id IN (SELECT id FROM moved)
    RETURNING number
  ), counted AS (
    ${countingWorkflows('SELECT tenant_id, count(*) FROM moved WHERE is_execution GROUP BY tenant_id', today)}
  )
  SELECT id FROM moved`;
