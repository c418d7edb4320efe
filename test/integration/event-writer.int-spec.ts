import { AgentRegistry } from '../../src/agent/agent.registry';
import { loadConfig } from '../../src/config/load-config';
import { newId } from '../../src/database/new-id';
import { TenantDatabase } from '../../src/database/tenant.database';
import { DeliveryQueue } from '../../src/webhook/delivery/queue/delivery.queue';
import { UsageClock } from '../../src/enterprise/usage/usage.clock';
import { DEDUP_DAYS, DedupKeys } from '../../src/webhook/ingest/dedup.keys';
import { EventWriter } from '../../src/webhook/ingest/event.writer';
import type { Stored } from '../../src/webhook/ingest/incoming-event';
import { describeOnEachDatabase } from '../support/databases';
import { anIncomingEvent as anEvent } from '../support/incoming-event';

const config = loadConfig({ env: {}, cwd: '/nowhere' });

function idOf(stored: Stored): string {
  if (!('id' in stored)) throw new Error(stored.kind);
  return stored.id;
}

const clock = new UsageClock();

describeOnEachDatabase('the event writer', (database) => {
  const [tenantId, otherTenantId] = [newId(), newId()];
  let queue: DeliveryQueue;
  let sut: EventWriter;

  beforeAll(async () => {
    const { dataSource, target, tenants } = database();
    queue = new DeliveryQueue(config, dataSource, target);
    await queue.onModuleInit();
    sut = new EventWriter(tenants, new AgentRegistry(), queue, new DedupKeys(dataSource, tenants), clock);
    for (const id of [tenantId, otherTenantId]) {
      await dataSource.query(`INSERT INTO tenants (id, name, tier) VALUES ($1, 'T', 'basic')`, [id]);
      await dataSource.query(
        `INSERT INTO routes (tenant_id, id, name, service, event_types, target_kind, agent_name)
         VALUES ($1, $2, 'pushes', 'github', '{push}', 'agent', 'an_agent')`,
        [id, newId()],
      );
    }
  });
  afterAll(() => queue.onApplicationShutdown());

  const count = async (table: string, where = 'true'): Promise<number> => {
    const [row] = await database().dataSource.query(`SELECT count(*)::int AS n FROM ${table} WHERE ${where}`);
    return row.n;
  };

  it('stores events of several tenants with the deliveries and jobs of each, in one go', async () => {
    const events = [
      anEvent({ tenantId }),
      anEvent({ tenantId: otherTenantId }),
      anEvent({ tenantId, eventType: 'ping' }),
    ];
    const before = await count('pgboss.job');
    const stored = await sut.write(events);
    expect(stored).toEqual(events.map(({ id }) => ({ kind: 'accepted', id })));
    const ids = events.map(({ id }) => `'${id}'`).join(',');
    expect(await count('webhook_events', `id IN (${ids})`)).toBe(3);
    const deliveries = await database().dataSource.query(
      `SELECT tenant_id, event_id FROM deliveries WHERE event_id IN (${ids}) ORDER BY event_id`,
    );
    expect(deliveries).toEqual([
      { tenant_id: tenantId, event_id: events[0]?.id },
      { tenant_id: otherTenantId, event_id: events[1]?.id },
    ]);
    expect(await count('pgboss.job')).toBe(before + 2);
  });

  it('plans a delivery where the filter of the route matches the event', async () => {
    const routeId = newId();
    await database().dataSource.query(
      `INSERT INTO routes (tenant_id, id, name, service, filter, target_kind, agent_name)
       VALUES ($1, $2, 'filtered', 'generic', $3, 'agent', 'an_agent')`,
      [tenantId, routeId, 'payload.a in [1, 2] and headers["X-Kind"] startsWith "big"'],
    );
    const headers = { 'content-type': 'application/json', 'x-kind': 'bigger' };
    const generic = (more: object) => anEvent({ tenantId, service: 'generic', headers, ...more });
    const events = [generic({}), generic({ headers: {} }), generic({ body: Buffer.from('{"a":3}') })];
    await sut.write(events);
    const deliveries = await database().dataSource.query(`SELECT event_id FROM deliveries WHERE route_id = $1`, [
      routeId,
    ]);
    expect(deliveries).toEqual([{ event_id: events[0]?.id }]);
  });

  it('keeps one of many with the same key, in one group and in several at once', async () => {
    const same = () => anEvent({ tenantId, dedupKey: 'same', dedupScope: 'one' });
    const groups = await Promise.all([0, 1, 2, 3].map(() => sut.write([same(), same(), same()])));
    const accepted = groups.flat().filter(({ kind }) => kind === 'accepted');
    expect(accepted).toHaveLength(1);
    expect(new Set(groups.flat().map(idOf))).toEqual(new Set(accepted.map(idOf)));
    expect(await count('webhook_events', `dedup_key = 'same'`)).toBe(1);
  });

  it('tells keys of other tenants and scopes apart', async () => {
    const stored = await sut.write([
      anEvent({ tenantId, dedupKey: 'k', dedupScope: 'a' }),
      anEvent({ tenantId, dedupKey: 'k', dedupScope: 'b' }),
      anEvent({ tenantId: otherTenantId, dedupKey: 'k', dedupScope: 'a' }),
    ]);
    expect(stored.map(({ kind }) => kind)).toEqual(['accepted', 'accepted', 'accepted']);
  });

  it('knows a proof that is used again under another key, and stores nothing for it', async () => {
    const proofHash = Buffer.alloc(32, 5);
    const first = anEvent({ tenantId, dedupScope: 'p', dedupKey: 'p1', proofHash });
    const again = anEvent({ tenantId, dedupScope: 'p', dedupKey: 'p1', proofHash });
    const replay = anEvent({ tenantId, dedupScope: 'p', dedupKey: 'p2', proofHash });
    await sut.write([first]);
    expect(await sut.write([again, replay])).toEqual([
      { kind: 'duplicate', id: first.id },
      { kind: 'replayed', id: first.id },
    ]);
    expect(await count('webhook_events', `id IN ('${again.id}', '${replay.id}')`)).toBe(0);
  });

  it('takes what is new also where it cannot say why it did not take another', async () => {
    const first = anEvent({ tenantId, dedupScope: 'u', dedupKey: 'u1' });
    await sut.write([first]);
    const { dataSource, tenants } = database();
    const away = new TenantDatabase(dataSource);
    jest.spyOn(away, 'groupTransaction').mockRejectedValue(new Error('Connection terminated'));
    const [fresh, again] = [anEvent({ tenantId }), anEvent({ tenantId, dedupScope: 'u', dedupKey: 'u1' })];
    const keys = new DedupKeys(dataSource, away);
    const stored = await new EventWriter(tenants, new AgentRegistry(), queue, keys, clock).write([fresh, again]);
    expect(stored).toEqual([
      { kind: 'accepted', id: fresh.id },
      { kind: 'unexplained', error: expect.anything() },
    ]);
    expect(await count('webhook_events', `id = '${fresh.id}'`)).toBe(1);
  });

  it('takes a key for a new delivery when its days are over', async () => {
    const days = (n: number) => new Date(Date.now() - n * 86_400_000);
    const old = anEvent({ tenantId, dedupScope: 'd', dedupKey: 'd1', receivedAt: days(DEDUP_DAYS + 0.01) });
    const recent = anEvent({ tenantId, dedupScope: 'd', dedupKey: 'd2', receivedAt: days(DEDUP_DAYS - 0.01) });
    await sut.write([old, recent]);
    await new DedupKeys(database().dataSource, database().tenants).forgetExpired(new Date());
    const stored = await sut.write([
      anEvent({ tenantId, dedupScope: 'd', dedupKey: 'd1' }),
      anEvent({ tenantId, dedupScope: 'd', dedupKey: 'd2' }),
    ]);
    expect(stored.map(({ kind }) => kind)).toEqual(['accepted', 'duplicate']);
  });

  it('stores nothing of a group that holds a value the database refuses', async () => {
    const good = anEvent({ tenantId });
    await expect(sut.write([good, anEvent({ tenantId, eventType: 'nul\u0000' })])).rejects.toMatchObject({
      code: '22021',
    });
    expect(await count('webhook_events', `id = '${good.id}'`)).toBe(0);
    expect(await count('deliveries', `event_id = '${good.id}'`)).toBe(0);
  });

  it('does not let the tenant role read the queue', async () => {
    const peek = database().tenants.transaction(tenantId, (manager) => manager.query('SELECT * FROM pgboss.job'));
    await expect(peek).rejects.toThrow(/permission denied/);
  });
});
