import { loadConfig } from '../../src/config/load-config';
import { newId } from '../../src/database/new-id';
import { DeliveryQueue } from '../../src/webhook/delivery/delivery.queue';
import { describeOnEachDatabase } from '../support/databases';

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

  it('gives out what is due, once, and keeps what is not', async () => {
    await enqueue([aJob('now'), aJob('later', new Date(Date.now() + 60_000))]);
    expect((await sut.claim(10)).map(({ deliveryId }) => deliveryId)).toEqual(['now']);
    expect(await sut.claim(10)).toEqual([]);
  });

  it('gives a tenant no more than its share of the places, so that another finds room', async () => {
    const other = newId();
    const mine = Array.from({ length: 100 }, (_, n) => aJob(`mine-${n}`));
    await enqueue(mine);
    await enqueue([{ ...aJob('other'), tenantId: other }]);
    const claimed = [...(await sut.claim(64)), ...(await sut.claim(64))];
    expect(claimed.filter((job) => job.tenantId === tenantId).length).toBeLessThanOrEqual(48);
    expect(claimed.some((job) => job.tenantId === other)).toBe(true);
  });

  it('finds deliveries that lost their job, and only those', async () => {
    const lost = await aDelivery('11 minutes');
    const waiting = await aDelivery('11 minutes');
    const fresh = await aDelivery('1 minute');
    await enqueue([aJob(waiting)]);
    expect(await sut.adoptOrphans()).toBe(1);
    expect(await sut.adoptOrphans()).toBe(0);
    const rows: { id: string }[] = await database().dataSource.query(
      `SELECT data ->> 'delivery_id' AS id FROM pgboss.job WHERE data ->> 'delivery_id' IN ($1, $2, $3)`,
      [lost, waiting, fresh],
    );
    expect(rows.map(({ id }) => id).toSorted((a, b) => a.localeCompare(b))).toEqual([lost, waiting].sort());
  });

  it('tells of its backlog', async () => {
    expect((await sut.backlog()).due).toBeGreaterThan(0);
  });
});
