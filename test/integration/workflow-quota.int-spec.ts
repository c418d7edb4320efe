import { loadConfig } from '../../src/config/load-config';
import { newId } from '../../src/database/new-id';
import { HeldQuotas, MONTHLY_WORKFLOWS } from '../../src/enterprise/plan/held-quotas';
import { UsageClock } from '../../src/enterprise/usage/usage.clock';
import { ClaimedJob } from '../../src/webhook/delivery/queue/claimed-job';
import { DeliveryQueue } from '../../src/webhook/delivery/queue/delivery.queue';
import { HoldReleaser } from '../../src/webhook/delivery/hold/hold.releaser';
import { RouteOrder } from '../../src/webhook/delivery/hold/route.order';
import { WorkflowQuota } from '../../src/webhook/delivery/hold/workflow.quota';
import { anAttemptRecorder } from '../support/attempt-recorder';
import { describeOnEachDatabase } from '../support/databases';
import { SetClock } from '../support/set-clock';

const config = loadConfig({ env: {}, cwd: '/nowhere' });

describeOnEachDatabase('the monthly quota of workflows', (database) => {
  let queue: DeliveryQueue;
  let clock: SetClock;
  let tenantId: string;
  let routeId: string;

  beforeAll(async () => {
    const { dataSource, target } = database();
    queue = new DeliveryQueue(config, dataSource, target);
    await queue.onModuleInit();
  });
  afterAll(() => queue.onApplicationShutdown());
  beforeEach(() => {
    clock = new SetClock('2026-04-30T12:00:00Z');
  });

  const sql = (text: string, values: unknown[] = []) => database().dataSource.query(text, values);
  const aProcess = (at: UsageClock = clock) => new WorkflowQuota(database().dataSource, queue, at);

  /** A tenant with a route to a workflow that may run `left` more of them this month. */
  async function aTenant(left: number): Promise<void> {
    [tenantId, routeId] = [newId(), newId()];
    const integrationId = newId();
    await sql(`INSERT INTO tenants (id, name, tier) VALUES ($1, 'T', 'basic')`, [tenantId]);
    await sql(
      `INSERT INTO integrations (tenant_id, id, kind, name, base_url, signing_secret)
       VALUES ($1, $2, 'n8n', 'N', 'http://n8n', '\\x00')`,
      [tenantId, integrationId],
    );
    await sql(
      `INSERT INTO routes (tenant_id, id, name, service, target_kind, integration_id, workflow_id)
       VALUES ($1, $2, 'r', 'github', 'n8n', $3, 'w')`,
      [tenantId, routeId, integrationId],
    );
    await sql(`INSERT INTO usage_counters VALUES ($1, 'workflows_executed', 'month', '2026-04-01', $2)`, [
      tenantId,
      100 - left,
    ]);
  }

  async function someDeliveries(count: number): Promise<string[]> {
    const ids = Array.from({ length: count }, newId);
    await sql(
      `INSERT INTO deliveries (tenant_id, id, event_id, route_id, next_attempt_at, created_at)
       SELECT $1, id, gen_random_uuid(), $2, now(), now() FROM unnest($3::uuid[]) AS t (id)`,
      [tenantId, routeId, ids],
    );
    return ids;
  }

  const jobOf = (ids: readonly string[], attempt = 1) =>
    new ClaimedJob(tenantId, ids, attempt, { id: newId(), retryCount: 0 });

  /** As a worker does when it loads the deliveries of its jobs. */
  async function load(ids: readonly string[], sut = aProcess(), attempt = 1): Promise<void> {
    const options = { preamble: sut.holding([tenantId]), timeoutMs: 30_000 };
    await database().tenants.groupTransaction([tenantId], options, (client, held) =>
      sut.reserve(client, new HeldQuotas(MONTHLY_WORKFLOWS, held), [jobOf(ids, attempt)]),
    );
  }

  async function statuses(): Promise<Record<string, number>> {
    const rows: { status: string; n: number }[] = await sql(
      'SELECT status, count(*)::int AS n FROM deliveries WHERE tenant_id = $1 GROUP BY status',
      [tenantId],
    );
    return Object.fromEntries(rows.map(({ status, n }) => [status, n]));
  }

  async function counted(month: string): Promise<number> {
    const [row] = await sql(
      `SELECT count::int AS n FROM usage_counters
       WHERE tenant_id = $1 AND metric = 'workflows_executed' AND period = 'month' AND starts_on = $2`,
      [tenantId, month],
    );
    return row?.n ?? 0;
  }

  it('is exact for several workers at once, and holds what finds no place', async () => {
    await aTenant(17);
    const ids = await someDeliveries(40);
    const shares = [0, 1, 2, 3].map((n) => ids.filter((_, i) => i % 4 === n));
    // Two workers come to the same jobs, as after a death.
    await Promise.all([...shares, ...shares].map((share) => load(share)));
    expect(await statuses()).toEqual({ queued: 17, held: 23 });
    expect(await counted('2026-04-01')).toBe(100);
    const [held] = await sql(`SELECT * FROM deliveries WHERE tenant_id = $1 AND status = 'held' LIMIT 1`, [tenantId]);
    expect(held).toMatchObject({ attempt_count: 0, next_attempt_at: null, reason: expect.stringMatching(/workflows/) });
  });

  it('costs nothing for another attempt', async () => {
    await aTenant(0);
    const ids = await someDeliveries(2);
    await sql('UPDATE deliveries SET attempt_count = 1, workflow_counted = true WHERE tenant_id = $1', [tenantId]);
    await load(ids, aProcess(), 2);
    expect(await statuses()).toEqual({ queued: 2 });
  });

  it('is asked for a place by what first goes to a workflow with a later attempt, which then goes on', async () => {
    await aTenant(1);
    const ids = await someDeliveries(2);
    await sql('UPDATE deliveries SET attempt_count = 3 WHERE tenant_id = $1', [tenantId]);
    await load(ids, aProcess(), 3);
    expect([await statuses(), await counted('2026-04-01')]).toEqual([{ queued: 2 }, 99]);
    await load(ids, aProcess(), 4);
    expect([await statuses(), await counted('2026-04-01')]).toEqual([{ queued: 1, held: 1 }, 100]);
    await sql(`UPDATE tenants SET tier = 'enterprise' WHERE id = $1`, [tenantId]);
    await aProcess().release();
    const jobs: { data: unknown }[] = await sql(`SELECT data FROM pgboss.job WHERE data ->> 'tenant_id' = $1`, [
      tenantId,
    ]);
    expect(jobs.map(({ data }) => data)).toEqual([{ tenant_id: tenantId, delivery_ids: [ids[1]], attempt: 4 }]);
  });

  it('holds nothing any more that leads elsewhere, or nowhere', async () => {
    await aTenant(0);
    const releaser = new HoldReleaser(database().dataSource, queue, new RouteOrder(queue));
    const ids = await someDeliveries(2);
    await load(ids);
    expect([await releaser.release(), await statuses()]).toEqual([0, { held: 2 }]);
    await sql(
      `UPDATE routes SET target_kind = 'agent', agent_name = 'a', integration_id = NULL, workflow_id = NULL
       WHERE id = $1`,
      [routeId],
    );
    expect([await releaser.release(), await statuses()]).toEqual([2, { queued: 2 }]);
    await sql(`UPDATE deliveries SET status = 'held', held_for = 'workflow_quota' WHERE tenant_id = $1`, [tenantId]);
    await sql('DELETE FROM routes WHERE id = $1', [routeId]);
    expect([await releaser.release(), await statuses()]).toEqual([2, { queued: 2 }]);
  });

  it('lets none go on while it is used up', async () => {
    await aTenant(1);
    await load(await someDeliveries(3));
    await aProcess().release();
    expect(await statuses()).toEqual({ queued: 1, held: 2 });
  });

  it('lets the oldest go on when the plan grows, as many as there is room for', async () => {
    await aTenant(0);
    const ids = await someDeliveries(5);
    await load(ids);
    await sql(`INSERT INTO plan_overrides (tenant_id, name, max) VALUES ($1, 'max_workflows_per_month', 102)`, [
      tenantId,
    ]);
    await aProcess().release();
    const rows: { id: string }[] = await sql(
      `SELECT id FROM deliveries WHERE tenant_id = $1 AND status = 'queued' ORDER BY id`,
      [tenantId],
    );
    expect(rows.map(({ id }) => id)).toEqual(ids.slice(0, 2));
    const jobs: { data: { delivery_ids: string[] } }[] = await sql(
      `SELECT data FROM pgboss.job WHERE data ->> 'tenant_id' = $1`,
      [tenantId],
    );
    expect(jobs.flatMap(({ data }) => data.delivery_ids).toSorted()).toEqual(ids.slice(0, 2));
    await load(ids.slice(0, 2));
    expect(await statuses()).toEqual({ queued: 2, held: 3 });
    await sql(`UPDATE tenants SET tier = 'enterprise' WHERE id = $1`, [tenantId]);
    await sql('DELETE FROM plan_overrides WHERE tenant_id = $1', [tenantId]);
    await aProcess().release();
    expect(await statuses()).toEqual({ queued: 5 });
  });

  it('begins anew when the month turns', async () => {
    await aTenant(0);
    const ids = await someDeliveries(3);
    await load(ids);
    clock.set('2026-04-30T23:59:59.999Z');
    await aProcess().release();
    expect(await statuses()).toEqual({ held: 3 });
    clock.set('2026-05-01T00:00:00Z');
    await aProcess().release();
    await load(ids);
    expect(await statuses()).toEqual({ queued: 3 });
    expect([await counted('2026-04-01'), await counted('2026-05-01')]).toEqual([100, 3]);
  });

  it('counts an execution once: with its place where there is a limit, else with its first attempt', async () => {
    await aTenant(50);
    const ids = await someDeliveries(2);
    await load(ids);
    const recorder = anAttemptRecorder(database(), queue, { clock });
    const record = (deliveryId: string, number: number, isWorkflow: boolean) =>
      recorder.record({
        job: jobOf([deliveryId], number),
        deliveryId,
        isWorkflow,
        orderedRouteId: null,
        isProbe: false,
        opens: null,
        startedAt: new Date(),
        durationMs: 5,
        outcome: { kind: 'retry', at: new Date(Date.now() + 60_000), reason: 'no', rejected: false },
        statusCode: 500,
        responseHeaders: null,
        responseBody: null,
      });
    await record(ids[0] ?? '', 1, true);
    expect(await counted('2026-04-01')).toBe(52);
    await sql(`UPDATE tenants SET tier = 'enterprise' WHERE id = $1`, [tenantId]);
    const [third = '', fourth = ''] = await someDeliveries(2);
    await load([third, fourth]);
    await record(third, 1, true);
    await record(third, 2, true);
    await record(third, 2, true);
    await record(fourth, 1, false);
    expect(await counted('2026-04-01')).toBe(53);
    // Its route leads to a workflow now.
    await record(fourth, 2, true);
    await record(fourth, 3, true);
    expect(await counted('2026-04-01')).toBe(54);
  });
});
