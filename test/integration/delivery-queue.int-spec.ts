import { loadConfig } from '../../src/config/load-config';
import { newId } from '../../src/database/new-id';
import { ATTEMPTS_PER_JOB, type ClaimedJob } from '../../src/webhook/delivery/queue/claimed-job';
import { DeliveryQueue } from '../../src/webhook/delivery/queue/delivery.queue';
import { Orphans } from '../../src/webhook/delivery/queue/orphans';
import { describeOnEachDatabase } from '../support/databases';

/** All but Date. */
const TIMERS = ['setTimeout', 'setInterval', 'setImmediate', 'nextTick', 'performance', 'queueMicrotask'] as const;

const config = loadConfig({ env: {}, cwd: '/nowhere' });

describeOnEachDatabase('the delivery queue', (database) => {
  const tenantId = newId();
  let sut: DeliveryQueue;

  beforeAll(async () => {
    const { dataSource, target } = database();
    sut = new DeliveryQueue(config, dataSource, target);
    await sut.onModuleInit();
    await dataSource.query(`INSERT INTO tenants (id, name, tier) VALUES ($1, 'T', 'basic')`, [tenantId]);
  });
  afterAll(() => sut.onApplicationShutdown());

  async function aDelivery(overdue: string): Promise<string> {
    const id = newId();
    await database().dataSource.query(
      `INSERT INTO deliveries (tenant_id, id, event_id, agent_name, next_attempt_at, created_at)
       VALUES ($1, $2, $3, 'an_agent', now() - $4::interval, now())`,
      [tenantId, id, newId(), overdue],
    );
    return id;
  }

  const enqueue = (jobs: Parameters<DeliveryQueue['enqueue']>[1]) =>
    database().tenants.transaction(tenantId, (manager) => sut.enqueue(manager, jobs));
  const aJob = (deliveryId: string, startAfter: Date | null = null) => ({
    tenantId,
    deliveryId,
    attempt: 1,
    startAfter,
  });

  const deliveriesOf = (jobs: readonly ClaimedJob[]) => jobs.flatMap(({ deliveryIds }) => deliveryIds);

  it('gives out what is due, once, and keeps what is not', async () => {
    await enqueue([aJob('now'), aJob('later', new Date(Date.now() + 60_000))]);
    expect(deliveriesOf(await sut.claim(10))).toEqual(['now']);
    expect(await sut.claim(10)).toEqual([]);
  });

  it('puts attempts that start at once into few jobs, those of each tenant and number apart', async () => {
    const other = newId();
    const mine = Array.from({ length: ATTEMPTS_PER_JOB + 1 }, (_, n) => aJob(`mine-${n}`));
    await database().tenants.transaction(tenantId, (manager) =>
      sut.enqueue(manager, [...mine, { ...aJob('second'), attempt: 2 }]),
    );
    await database().tenants.transaction(other, (manager) =>
      sut.enqueue(manager, [{ ...aJob('theirs'), tenantId: other }]),
    );
    const claimed = await sut.claim(10);
    expect(claimed.map(({ tenantId: whose, attempt, deliveryIds }) => [whose, attempt, deliveryIds.length])).toEqual(
      expect.arrayContaining([
        [tenantId, 1, ATTEMPTS_PER_JOB],
        [tenantId, 1, 1],
        [tenantId, 2, 1],
        [other, 1, 1],
      ]),
    );
    expect(deliveriesOf(claimed)).toHaveLength(ATTEMPTS_PER_JOB + 3);
  });

  it('passes over the tenants that are left out', async () => {
    const other = newId();
    await enqueue([aJob('mine')]);
    await enqueue([{ ...aJob('theirs'), tenantId: other }]);
    expect(deliveriesOf(await sut.claim(10, [tenantId]))).toEqual(['theirs']);
    expect(deliveriesOf(await sut.claim(10))).toEqual(['mine']);
  });

  it("counts a wait by the database's clock, whatever this machine's says", async () => {
    jest.useFakeTimers({ doNotFake: [...TIMERS], now: Date.now() + 3_600_000 });
    try {
      await enqueue([aJob('in a minute', new Date(Date.now() + 60_000))]);
    } finally {
      jest.useRealTimers();
    }
    const [job] = await database().dataSource.query(
      `SELECT extract(epoch FROM start_after - now())::float8 AS seconds FROM pgboss.job
       WHERE data -> 'delivery_ids' ? 'in a minute'`,
    );
    expect(job.seconds).toBeGreaterThan(30);
    expect(job.seconds).toBeLessThan(61);
  });

  it('finds deliveries that lost their job, and only those', async () => {
    const lost = await aDelivery('11 minutes');
    const waiting = await aDelivery('11 minutes');
    const fresh = await aDelivery('1 minute');
    await enqueue([aJob(waiting)]);
    const orphans = new Orphans(database().dataSource, sut);
    expect(await orphans.adopt()).toBe(1);
    expect(await orphans.adopt()).toBe(0);
    const rows: { id: string }[] = await database().dataSource.query(
      `SELECT d.id FROM pgboss.job, jsonb_array_elements_text(data -> 'delivery_ids') AS d (id) WHERE d.id = ANY ($1)`,
      [[lost, waiting, fresh]],
    );
    expect(rows.map(({ id }) => id).toSorted((a, b) => a.localeCompare(b))).toEqual([lost, waiting].sort());
  });

  it('finds those whose job is for an attempt that was made', async () => {
    const id = await aDelivery('11 minutes');
    await database().dataSource.query('UPDATE deliveries SET attempt_count = 1 WHERE id = $1', [id]);
    await enqueue([aJob(id)]);
    const orphans = new Orphans(database().dataSource, sut);
    expect(await orphans.adopt()).toBe(1);
    expect(await orphans.adopt()).toBe(0);
  });

  it('finds them soon, however long the backlog is', async () => {
    const { dataSource } = database();
    await dataSource.query(
      `INSERT INTO deliveries (tenant_id, id, event_id, agent_name, next_attempt_at, created_at)
       SELECT $1, gen_random_uuid(), gen_random_uuid(), 'an_agent', now() - interval '1 hour', now()
       FROM generate_series(1, 20000)`,
      [tenantId],
    );
    const rows: { id: string }[] = await dataSource.query(
      `SELECT id FROM deliveries WHERE next_attempt_at < now() - interval '59 minutes'`,
    );
    await enqueue(rows.map(({ id }) => ({ ...aJob(id), isUrgent: true })));
    const lost = await aDelivery('11 minutes');
    const start = performance.now();
    expect(await new Orphans(dataSource, sut).adopt()).toBe(1);
    expect(performance.now() - start).toBeLessThan(2_000);
    await dataSource.query('DELETE FROM deliveries WHERE id <> $1', [lost]);
    await dataSource.query(`DELETE FROM pgboss.job WHERE priority = 1`);
  });

  it('has one process at a time look for them', async () => {
    const { dataSource } = database();
    await aDelivery('11 minutes');
    const orphans = [0, 1, 2].map(() => new Orphans(dataSource, sut));
    const adopted = await Promise.all(orphans.map((each) => each.adopt()));
    expect(adopted.reduce((sum, count) => sum + count, 0)).toBe(1);
  });

  it('tells of its backlog: the attempts that are due', async () => {
    const { due } = await sut.backlog();
    await enqueue([aJob('one more'), aJob('and another')]);
    expect((await sut.backlog()).due).toBe(due + 2);
  });
});
