import { AgentRegistry } from '../../src/agent/agent.registry';
import { loadConfig } from '../../src/config/load-config';
import { newId } from '../../src/database/new-id';
import { UsageClock } from '../../src/enterprise/usage/usage.clock';
import { RouteOrder } from '../../src/webhook/delivery/hold/route.order';
import { DeliveryQueue } from '../../src/webhook/delivery/queue/delivery.queue';
import { DedupKeys } from '../../src/webhook/ingest/dedup.keys';
import { EventWriter } from '../../src/webhook/ingest/event.writer';
import { InternalEventPublisher } from '../../src/webhook/publish/internal-event.publisher';
import { describeOnEachDatabase } from '../support/databases';

const config = loadConfig({ env: {}, cwd: '/nowhere' });

describeOnEachDatabase('events of the program itself', (database) => {
  let queue: DeliveryQueue;
  let sut: InternalEventPublisher;

  beforeAll(async () => {
    const { dataSource, tenants, target } = database();
    queue = new DeliveryQueue(config, dataSource, target);
    await queue.onModuleInit();
    const dedupKeys = new DedupKeys(dataSource, tenants);
    sut = new InternalEventPublisher(
      new EventWriter(tenants, new AgentRegistry(), queue, new RouteOrder(queue), dedupKeys, new UsageClock()),
    );
  });
  afterAll(() => queue.onApplicationShutdown());

  const sql = (text: string, values: unknown[] = []) => database().dataSource.query(text, values);

  async function aTenant(service = 'mira', eventTypes = '{task_completed}'): Promise<string> {
    const id = newId();
    await sql(`INSERT INTO tenants (id, name, tier) VALUES ($1, 'T', 'basic')`, [id]);
    await sql(
      `INSERT INTO routes (tenant_id, id, name, service, event_types, target_kind, agent_name)
       VALUES ($1, $2, 'R', $3, $4, 'agent', 'an_agent')`,
      [id, newId(), service, eventTypes],
    );
    return id;
  }

  const publish = (tenantId: string, type = 'task_completed', hops = 0) =>
    database().tenants.transaction(tenantId, (manager) =>
      sut.publish(manager, tenantId, { type, data: { id: 7 }, hops }),
    );

  const deliveriesOf = (tenantId: string) => sql('SELECT event_id FROM deliveries WHERE tenant_id = $1', [tenantId]);
  const jobsOf = (tenantId: string) => sql('SELECT data FROM pgboss.job WHERE group_id = $1::text', [tenantId]);

  it('are stored as JSON of service mira, and go along the routes that ask for them', async () => {
    const tenantId = await aTenant();
    const id = await publish(tenantId);
    const [event] = await sql('SELECT * FROM webhook_events WHERE tenant_id = $1', [tenantId]);
    expect(event).toMatchObject({
      id,
      service: 'mira',
      event_type: 'task_completed',
      content_type: 'application/json',
    });
    const told = JSON.parse(event.body.toString());
    expect(told).toEqual({ type: 'task_completed', data: { id: 7 }, occurred_at: event.received_at.toISOString() });
    expect(await deliveriesOf(tenantId)).toEqual([{ event_id: id }]);
    expect(await jobsOf(tenantId)).toHaveLength(1);
  });

  it('are stored where no route asks for them, too', async () => {
    const tenantId = await aTenant('github', '{}');
    await publish(tenantId);
    expect(await sql('SELECT id FROM webhook_events WHERE tenant_id = $1', [tenantId])).toHaveLength(1);
    expect(await deliveriesOf(tenantId)).toEqual([]);
  });

  it('are no webhooks that were received', async () => {
    const tenantId = await aTenant();
    await publish(tenantId);
    expect(await sql('SELECT metric FROM usage_counters WHERE tenant_id = $1', [tenantId])).toEqual([]);
  });

  it('are there if and only if their transaction is', async () => {
    const tenantId = await aTenant();
    const failing = database().tenants.transaction(tenantId, async (manager) => {
      await sut.publish(manager, tenantId, { type: 'task_completed', data: {} });
      throw new Error('changed its mind');
    });
    await expect(failing).rejects.toThrow('changed its mind');
    expect(await sql('SELECT id FROM webhook_events WHERE tenant_id = $1', [tenantId])).toEqual([]);
    expect(await jobsOf(tenantId)).toEqual([]);
  });

  it('carry on how many deliveries led to them, and go nowhere when they go in a circle', async () => {
    const tenantId = await aTenant();
    await publish(tenantId, 'task_completed', 5);
    const inCircle = await publish(tenantId, 'task_completed', 6);
    const rows = await sql('SELECT headers FROM webhook_events WHERE tenant_id = $1 ORDER BY id', [tenantId]);
    expect(rows).toEqual([{ headers: { 'x-mira-hops': '5' } }, { headers: { 'x-mira-hops': '6' } }]);
    const deliveries = await deliveriesOf(tenantId);
    expect(deliveries).toHaveLength(1);
    expect(deliveries).not.toContainEqual({ event_id: inCircle });
  });
});
