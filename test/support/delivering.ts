import { AgentRegistry } from '../../src/agent/agent.registry';
import { loadConfig } from '../../src/config/load-config';
import { newId } from '../../src/database/new-id';
import { UsageClock } from '../../src/enterprise/usage/usage.clock';
import type { AttemptRecorder } from '../../src/webhook/delivery/attempt/attempt.recorder';
import { type DueDelivery, type LoadedJobs, loadDue } from '../../src/webhook/delivery/attempt/due-delivery';
import type { Outcome } from '../../src/webhook/delivery/attempt/outcome';
import type { OpenedHold } from '../../src/webhook/delivery/hold/hold.recorder';
import { HoldProbes } from '../../src/webhook/delivery/hold/hold.probes';
import { HoldReleaser } from '../../src/webhook/delivery/hold/hold.releaser';
import { RouteOrder } from '../../src/webhook/delivery/hold/route.order';
import { ClaimedJob } from '../../src/webhook/delivery/queue/claimed-job';
import { DeliveryQueue } from '../../src/webhook/delivery/queue/delivery.queue';
import { DedupKeys } from '../../src/webhook/ingest/dedup.keys';
import { EventWriter } from '../../src/webhook/ingest/event.writer';
import { anAttemptRecorder } from './attempt-recorder';
import type { TestDatabase } from './databases';
import { anIncomingEvent } from './incoming-event';

export const DELIVERED: Outcome = { kind: 'delivered', reason: null };
export const DEAD: Outcome = { kind: 'dead', cause: 'gone', reason: 'no', rejected: false };
export const RETRY: Outcome = { kind: 'retry', at: new Date(), reason: 'later', rejected: false };
export const HELD: Extract<Outcome, { kind: 'held' }> = {
  kind: 'held',
  reason: 'It is away.',
  rejected: false,
  heldFor: 'unreachable',
  scope: 'integration',
};

/** A tenant's deliveries, moved step by step as receivers and workers would, on a real database. */
export class Delivering {
  readonly tenantId = newId();
  readonly integrationId = newId();
  readonly routeId = newId();
  readonly config = loadConfig({ env: { MIRA_DELIVERY_PROBE_FIRST_SECONDS: '8' }, cwd: '/nowhere' });
  readonly order: RouteOrder;
  readonly writer: EventWriter;
  readonly recorder: AttemptRecorder;
  readonly probes: HoldProbes;
  readonly releaser: HoldReleaser;

  constructor(
    private readonly database: TestDatabase,
    readonly queue: DeliveryQueue,
  ) {
    const { dataSource, tenants } = database;
    this.order = new RouteOrder(queue);
    const keys = new DedupKeys(dataSource, tenants);
    this.writer = new EventWriter(tenants, new AgentRegistry(), queue, this.order, keys, new UsageClock());
    this.recorder = anAttemptRecorder(database, queue, { config: this.config });
    this.probes = new HoldProbes(this.config, dataSource, queue);
    this.releaser = new HoldReleaser(dataSource, queue, this.order);
  }

  sql(text: string, values: unknown[] = []) {
    return this.database.dataSource.query(text, values);
  }

  /** The tenant, with a route of GitHub's pushes to a workflow. */
  async make({ ordered = false } = {}): Promise<this> {
    await this.sql(`INSERT INTO tenants (id, name, tier) VALUES ($1, 'T', 'enterprise')`, [this.tenantId]);
    await this.sql(
      `INSERT INTO integrations (tenant_id, id, kind, name, base_url, signing_secret)
       VALUES ($1, $2, 'n8n', 'N', 'http://n8n', '\\x00')`,
      [this.tenantId, this.integrationId],
    );
    await this.sql(
      `INSERT INTO routes (tenant_id, id, name, service, target_kind, integration_id, workflow_id, ordered)
       VALUES ($1, $2, 'r', 'github', 'n8n', $3, 'w', $4)`,
      [this.tenantId, this.routeId, this.integrationId, ordered],
    );
    return this;
  }

  /** So many events in one group; the ids of their deliveries, as they came. */
  async receive(count: number): Promise<string[]> {
    if (count === 0) return [];
    const events = Array.from({ length: count }, () => anIncomingEvent({ tenantId: this.tenantId }));
    await this.writer.write(events);
    const rows: { id: string }[] = await this.sql(
      'SELECT id FROM deliveries WHERE event_id = ANY ($1) ORDER BY event_id',
      [events.map(({ id }) => id)],
    );
    return rows.map(({ id }) => id);
  }

  /** What a worker gets to attempt now; what is held or done already is not among it. */
  async due(): Promise<{ job: ClaimedJob; delivery: DueDelivery }[]> {
    const jobs = (await this.queue.claim(1_000)).filter(({ tenantId }) => tenantId === this.tenantId);
    if (jobs.length === 0) return [];
    const { due } = await this.load(jobs);
    // Two jobs may ask for the same attempt: the first to come makes it.
    return jobs.flatMap((job) =>
      job.deliveryIds.flatMap((id) => {
        const delivery = due.get(id);
        return delivery?.jobId === job.claim.id ? [{ job, delivery }] : [];
      }),
    );
  }

  /** As a worker does with what it claimed. */
  load(jobs: readonly ClaimedJob[]): Promise<LoadedJobs> {
    const options = { preamble: 'SELECT 1', timeoutMs: 10_000 };
    return this.database.tenants.groupTransaction([this.tenantId], options, (client) =>
      loadDue(client, jobs, this.queue.jobSeconds),
    );
  }

  async dueIds(): Promise<string[]> {
    return (await this.due()).map(({ delivery: { id } }) => id);
  }

  /** An attempt ends so. */
  async end(
    { job, delivery }: { job: ClaimedJob; delivery: DueDelivery },
    outcome: Outcome,
    opens: OpenedHold | null = null,
    said: string | null = null,
  ): Promise<void> {
    await this.recorder.record({
      job,
      deliveryId: delivery.id,
      isWorkflow: true,
      orderedRouteId: delivery.isOrdered ? delivery.routeId : null,
      isProbe: delivery.isProbe,
      opens,
      startedAt: new Date(),
      durationMs: 1,
      outcome,
      statusCode: null,
      responseHeaders: said === null ? null : { 'content-type': 'text/plain' },
      responseBody: said === null ? null : Buffer.from(said),
    });
  }

  /** It finds that nobody is there. */
  async endHeld(attempt: { job: ClaimedJob; delivery: DueDelivery }, said: string | null = null): Promise<void> {
    const { integrationId: targetId } = this;
    const hold: OpenedHold = { scope: 'integration', targetId, reason: 'unreachable', detail: 'It is away.' };
    await this.end(attempt, HELD, hold, said);
  }

  async row(id: string) {
    const [row] = await this.sql('SELECT * FROM deliveries WHERE id = $1', [id]);
    return row;
  }

  /** `queued`, `held:order` …, in the order in which they were received. */
  async states(): Promise<string[]> {
    const rows: { status: string; held_for: string | null }[] = await this.sql(
      'SELECT status, held_for FROM deliveries WHERE tenant_id = $1 ORDER BY event_id',
      [this.tenantId],
    );
    return rows.map(({ status, held_for }) => (held_for === null ? status : `${status}:${held_for}`));
  }

  holds(): Promise<Record<string, unknown>[]> {
    return this.sql('SELECT * FROM holds WHERE tenant_id = $1', [this.tenantId]);
  }

  /** As if the time of the next probe had come. */
  async probesAreDue(): Promise<void> {
    await this.sql('UPDATE holds SET probe_at = now() WHERE tenant_id = $1', [this.tenantId]);
  }
}
