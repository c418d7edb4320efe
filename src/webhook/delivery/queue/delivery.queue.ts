import { Inject, Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { type Db, type JobInsert, PgBoss } from 'pg-boss';
import { DataSource, type EntityManager } from 'typeorm';
import { MiraConfig } from '../../../config/mira.config';
import { ADVISORY_LOCKS } from '../../../database/advisory-locks';
import { DATABASE_TARGET, type DatabaseTarget } from '../../../database/database-target';
import { withinDeadline } from '../../../database/deadline';
import type { Statement } from '../../../database/group.client';
import { statementName } from '../../../database/statement-name';
import { TENANT_ROLE } from '../../../database/tenant.role';
import { watchedSocket } from '../../../database/watched-socket';
import { ATTEMPTS_PER_JOB, ClaimedJob } from './claimed-job';

export const QUEUE = 'delivery';
export const SCHEMA = 'pgboss';
/** Connections of pg-boss itself, for its upkeep. */
const POOL_SIZE = 2;
const CLAIM_TIMEOUT_MS = 10_000;
/** Beyond the timeouts of attempts: loading, recording again while the database restarts. */
const EXPIRY_MARGIN_SECONDS = 20;
/** How often pg-boss looks for jobs whose worker died. */
const SUPERVISE_SECONDS = 10;
/** Only a worker's death uses one of these up; the retries of a delivery are jobs of their own. */
const MAX_WORKER_DEATHS = 100;
/** pg-boss's own upkeep, and the upgrades of its schema, may take longer than a request. */
const STATEMENT_TIMEOUT_MS = 60_000;
/** More than this is a backlog; how much more is not worth counting. */
const COUNTED_AT_MOST = 10_000;

/** One attempt to make, at once or from `startAfter` on. */
export interface PlannedAttempt {
  readonly tenantId: string;
  readonly deliveryId: string;
  readonly attempt: number;
  readonly startAfter: Date | null;
  /** Others wait for what comes of it: it goes before them. */
  readonly isUrgent?: boolean;
}

/** What a job says: make this attempt of each of these deliveries. */
interface JobData {
  readonly tenant_id: string;
  readonly delivery_ids: readonly string[];
  readonly attempt: number;
}

/**
 * The queue of delivery attempts: pg-boss, in the same database. Jobs are added and finished in the
 * transaction of the rows they belong to, so there is never one without the other.
 */
@Injectable()
export class DeliveryQueue implements OnModuleInit, OnApplicationShutdown {
  private readonly logger = new Logger(DeliveryQueue.name);
  private readonly boss: PgBoss;
  private onWake: () => void = () => undefined;
  /** So long a worker may have a job before it is given out again: whatever it began is over by then. */
  readonly jobSeconds: number;

  constructor(
    config: MiraConfig,
    private readonly dataSource: DataSource,
    @Inject(DATABASE_TARGET) private readonly target: DatabaseTarget,
  ) {
    this.jobSeconds = Math.ceil(longestJobMs(config.delivery) / 1_000) + EXPIRY_MARGIN_SECONDS;
    const { max: _max, ...connection } = target.pool;
    this.boss = new PgBoss({
      ...(connection as ConstructorParameters<typeof PgBoss>[0] & object),
      application_name: 'mira-queue',
      // Where sessions take none, as behind a pooler, it takes none either.
      ...(connection.statement_timeout !== undefined && { statement_timeout: STATEMENT_TIMEOUT_MS }),
      ...(target.kind === 'server' && { stream: watchedSocket(2 * STATEMENT_TIMEOUT_MS) }),
      max: POOL_SIZE,
      schema: SCHEMA,
      backend: target.kind === 'embedded' ? 'pglite' : 'postgres',
      schedule: false,
      superviseIntervalSeconds: SUPERVISE_SECONDS,
      monitorIntervalSeconds: SUPERVISE_SECONDS,
      openTelemetry: { enabled: false },
    });
    this.boss.on('error', (error) => this.logger.warn(`queue: ${error.message}`));
  }

  async onModuleInit(): Promise<void> {
    await this.boss.start();
    const options = {
      expireInSeconds: this.jobSeconds,
      retryLimit: MAX_WORKER_DEATHS,
      retryDelay: 0,
      retentionSeconds: 30 * 86_400,
    };
    if (!(await this.boss.getQueue(QUEUE))) await this.boss.createQueue(QUEUE, { ...options, partition: true });
    await this.boss.updateQueue(QUEUE, options);
    await this.letTenantsEnqueue();
    if (this.target.kind === 'embedded') await this.reclaimAfterCrash();
    // Fills pg-boss's cache of queues: looked up later, in the middle of a transaction, the embedded database,
    // which serves one connection at a time, would wait for itself.
    await this.boss.insert(QUEUE, []);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.boss.stop({ graceful: false, close: true });
  }

  /** Adds jobs in the transaction of `manager`. */
  async enqueue(manager: EntityManager, attempts: readonly PlannedAttempt[]): Promise<void> {
    if (attempts.length === 0) return;
    const { text, values } = await this.insertion(attempts);
    await manager.query(text, values);
  }

  /** What adds the jobs of these attempts, for the transaction that they belong to. */
  insertion(attempts: readonly PlannedAttempt[]): Promise<Statement> {
    return statementOf((db) => this.boss.insert(QUEUE, jobsOf(attempts), { db }));
  }

  /** What finishes these jobs, likewise; one whose claim was lost meanwhile is left alone. */
  completion(jobs: readonly ClaimedJob[]): Promise<Statement> {
    const claims = jobs.map(({ claim }) => claim);
    return statementOf((db) => this.boss.deleteJob(QUEUE, claims, { db }));
  }

  /** Takes up to `count` jobs that are due, none of these tenants. */
  async claim(count: number, without: readonly string[] = []): Promise<ClaimedJob[]> {
    // Not on pg-boss's own connections, which may wait for minutes on a server that went away without a word.
    const db: Db = {
      executeSql: (text, values) =>
        withinDeadline(this.dataSource, CLAIM_TIMEOUT_MS, (client) =>
          client.query({ name: statementName(text), text, values }),
        ),
    };
    const jobs = await this.boss.fetch<JobData>(QUEUE, { batchSize: count, ignoreGroups: [...without], db });
    return jobs.map(
      ({ id, retryCount, data }) => new ClaimedJob(data.tenant_id, data.delivery_ids, data.attempt, { id, retryCount }),
    );
  }

  /**
   * Gives jobs back that nothing was done for, so that they need not wait until their time is over. A moment later, so
   * that others go first where it was they who caused the trouble. It counts as no worker's death.
   */
  async giveBack(jobs: readonly ClaimedJob[]): Promise<void> {
    const values = [QUEUE, jobs.map(({ claim }) => claim.id), jobs.map(({ claim }) => claim.retryCount)];
    await withinDeadline(this.dataSource, CLAIM_TIMEOUT_MS, (client) => client.query(GIVE_BACK, values));
  }

  /** Tells this process's worker that there is something to do, so that it need not wait for its next look. */
  wake(): void {
    this.onWake();
  }

  /** Who is told. */
  whenWoken(callback: () => void): void {
    this.onWake = callback;
  }

  /** How many attempts are due now, those of up to ten thousand jobs, and for how long the oldest of them has been. */
  async backlog(): Promise<{ due: number; oldestSeconds: number }> {
    const [row]: { due: number; oldest: number | null }[] = await this.dataSource.query(
      `SELECT coalesce(sum(jsonb_array_length(data -> 'delivery_ids')), 0)::int AS due,
         extract(epoch FROM now() - min(start_after))::float8 AS oldest
       FROM (SELECT start_after, data FROM ${SCHEMA}.job
             WHERE name = $1 AND state < 'active' AND start_after <= now()
             ORDER BY priority DESC, created_on LIMIT $2) AS due`,
      [QUEUE, COUNTED_AT_MOST],
    );
    return { due: row?.due ?? 0, oldestSeconds: row?.oldest ?? 0 };
  }

  /** The tenant role may add jobs and read none: what pg-boss keeps of other tenants stays out of its reach. */
  private async letTenantsEnqueue(): Promise<void> {
    const [queue]: { table_name: string }[] = await this.dataSource.query(
      `SELECT table_name FROM ${SCHEMA}.queue WHERE name = $1`,
      [QUEUE],
    );
    if (!queue) throw new Error('pg-boss did not make the delivery queue');
    const table = `${SCHEMA}.${queue.table_name}`;
    await this.dataSource.transaction(async (manager) => {
      // Processes that start together would change the same rows of the catalogue, and one of them fail.
      await manager.query('SELECT pg_advisory_xact_lock($1)', [ADVISORY_LOCKS.queueGrant]);
      const [may]: { insert: boolean }[] = await manager.query('SELECT has_table_privilege($1, $2, $3) AS insert', [
        TENANT_ROLE,
        table,
        'INSERT',
      ]);
      if (may?.insert) return;
      await manager.query(`GRANT USAGE ON SCHEMA ${SCHEMA} TO ${TENANT_ROLE}`);
      await manager.query(`GRANT SELECT ON ${SCHEMA}.queue TO ${TENANT_ROLE}`);
      await manager.query(`GRANT INSERT ON ${table} TO ${TENANT_ROLE}`);
    });
  }

  /** An embedded database has one process, this one: jobs that are active at its start were left by a dead one. */
  private async reclaimAfterCrash(): Promise<void> {
    const active: { id: string }[] = await this.dataSource.query(
      `SELECT id FROM ${SCHEMA}.job WHERE name = $1 AND state = 'active'`,
      [QUEUE],
    );
    if (active.length === 0) return;
    await this.boss.fail(
      QUEUE,
      active.map(({ id }) => id),
      { reason: 'the process ended during the attempt' },
    );
    this.logger.log(`took back ${active.length} attempts that a killed process had under way`);
  }
}

const GIVE_BACK = `
  UPDATE ${SCHEMA}.job j SET state = 'created', started_on = NULL, start_after = now() + interval '2 seconds'
  FROM unnest($2::uuid[], $3::int[]) AS t (id, retry_count)
  WHERE j.name = $1 AND j.id = t.id AND j.retry_count = t.retry_count AND j.state = 'active'`;

/** The attempts of a job that finds places taken wait for them, each for as long as the one before may take. */
function longestJobMs({ concurrency, timeout_ms }: MiraConfig['delivery']): number {
  return (1 + Math.ceil(ATTEMPTS_PER_JOB / concurrency)) * timeout_ms;
}

/** Those that start at once share jobs; one that waits for its time has its own. */
function jobsOf(attempts: readonly PlannedAttempt[]): JobInsert<JobData>[] {
  const open = new Map<string, string[]>();
  const jobs: JobInsert<JobData>[] = [];
  for (const planned of attempts) {
    const { tenantId, deliveryId, attempt, startAfter, isUrgent } = planned;
    const kind = `${tenantId} ${attempt}`;
    const others = startAfter || isUrgent ? undefined : open.get(kind);
    if (others && others.length < ATTEMPTS_PER_JOB) {
      others.push(deliveryId);
      continue;
    }
    const deliveryIds = [deliveryId];
    if (!startAfter && !isUrgent) open.set(kind, deliveryIds);
    jobs.push(jobOf(planned, deliveryIds));
  }
  return jobs;
}

function jobOf(
  { tenantId, attempt, startAfter, isUrgent }: PlannedAttempt,
  deliveryIds: readonly string[],
): JobInsert<JobData> {
  return {
    data: { tenant_id: tenantId, delivery_ids: deliveryIds, attempt },
    group: { id: tenantId },
    ...(isUrgent && { priority: 1 }),
    // Counted by the database's clock, which also decides when it is due: this machine's may be wrong.
    ...(startAfter ? { startAfter: Math.max(0, (startAfter.getTime() - Date.now()) / 1_000) } : {}),
  };
}

/**
 * What pg-boss would send, so that it can be sent with other statements: it is asked to use a database that only
 * listens.
 */
async function statementOf(use: (db: Db) => Promise<unknown>): Promise<Statement> {
  const statements: Statement[] = [];
  await use({
    executeSql: (text, values = []) => {
      statements.push({ name: statementName(text), text, values });
      return Promise.resolve(NO_ANSWER_YET);
    },
  });
  const [statement, ...more] = statements;
  if (!statement || more.length > 0) throw new Error('pg-boss was expected to send one statement');
  return statement;
}

/** pg-boss reads a count from what finishes jobs. */
const NO_ANSWER_YET = { rows: [{ count: 0 }] };
