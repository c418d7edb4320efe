import { AgentRegistry } from '../../src/agent/agent.registry';
import { loadConfig } from '../../src/config/load-config';
import { newId } from '../../src/database/new-id';
import { TenantDatabase } from '../../src/database/tenant.database';
import { RouteOrder } from '../../src/webhook/delivery/hold/route.order';
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

/** Of a tier whose tenants have a limit, so that the database is asked first; and of one without, where what is known will do. */
const TIERS = ['basic', 'enterprise'];

describeOnEachDatabase('the event writer', (database) => {
  let queue: DeliveryQueue;

  beforeAll(async () => {
    const { dataSource, target } = database();
    queue = new DeliveryQueue(config, dataSource, target);
    await queue.onModuleInit();
  });
  afterAll(() => queue.onApplicationShutdown());

  function aWriter(): EventWriter {
    const { dataSource, tenants } = database();
    const keys = new DedupKeys(dataSource, tenants);
    return new EventWriter(tenants, new AgentRegistry(), queue, new RouteOrder(queue), keys, clock);
  }

  describe.each(TIERS)('for tenants of the %s tier', (tier) => {
    const [tenantId, otherTenantId] = [newId(), newId()];
    let sut: EventWriter;

    beforeAll(async () => {
      const { dataSource } = database();
      sut = aWriter();
      for (const id of [tenantId, otherTenantId]) {
        await dataSource.query(`INSERT INTO tenants (id, name, tier) VALUES ($1, 'T', $2)`, [id, tier]);
        await dataSource.query(
          `INSERT INTO routes (tenant_id, id, name, service, event_types, target_kind, agent_name)
         VALUES ($1, $2, 'pushes', 'github', '{push}', 'agent', 'an_agent')`,
          [id, newId()],
        );
      }
    });

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
      expect(await count('webhook_events', `dedup_key = 'same' AND tenant_id = '${tenantId}'`)).toBe(1);
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
      jest.spyOn(away, 'pipeline').mockRejectedValue(new Error('Connection terminated'));
      const [fresh, again] = [anEvent({ tenantId }), anEvent({ tenantId, dedupScope: 'u', dedupKey: 'u1' })];
      const keys = new DedupKeys(dataSource, away);
      const stored = await new EventWriter(
        tenants,
        new AgentRegistry(),
        queue,
        new RouteOrder(queue),
        keys,
        clock,
      ).write([fresh, again]);
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
  });

  describe('that remembers where a tenant’s events go', () => {
    let tenantId: string;
    let sut: EventWriter;

    beforeEach(async () => {
      tenantId = newId();
      await sql(`INSERT INTO tenants (id, name, tier) VALUES ($1, 'T', 'enterprise')`, [tenantId]);
      sut = aWriter();
    });

    const sql = (text: string, values: unknown[] = []) => database().dataSource.query(text, values);

    /** As another process makes it: this one is not told. */
    async function aRoute(ordered = false): Promise<string> {
      const id = newId();
      await sql(
        `INSERT INTO routes (tenant_id, id, name, service, target_kind, agent_name, ordered)
         VALUES ($1, $2, 'all', 'github', 'agent', 'an_agent', $3)`,
        [tenantId, id, ordered],
      );
      return id;
    }

    /** Where one more event goes: the ids of routes. */
    async function routesOfOneMore(): Promise<string[]> {
      const event = anEvent({ tenantId });
      expect(await sut.write([event])).toEqual([{ kind: 'accepted', id: event.id }]);
      const rows: { route_id: string }[] = await sql('SELECT route_id FROM deliveries WHERE event_id = $1', [event.id]);
      return rows.map((row) => row.route_id);
    }

    it('asks the database no more than once', async () => {
      const id = await aRoute();
      expect(await routesOfOneMore()).toEqual([id]);
      const asking = jest.spyOn(database().tenants, 'groupTransaction');
      expect(await routesOfOneMore()).toEqual([id]);
      expect(asking).not.toHaveBeenCalled();
      asking.mockRestore();
    });

    it('sees at once what another process changes', async () => {
      expect(await routesOfOneMore()).toEqual([]);
      const first = await aRoute();
      expect(await routesOfOneMore()).toEqual([first]);
      const second = await aRoute();
      expect((await routesOfOneMore()).toSorted()).toEqual([first, second]);
      await sql('UPDATE routes SET enabled = false WHERE id = $1', [first]);
      expect(await routesOfOneMore()).toEqual([second]);
      await sql(`UPDATE routes SET event_types = '{ping}' WHERE id = $1`, [second]);
      expect(await routesOfOneMore()).toEqual([]);
      await sql(`UPDATE routes SET event_types = '{}', filter = 'payload.a == 2' WHERE id = $1`, [second]);
      expect(await routesOfOneMore()).toEqual([]);
      await sql(`UPDATE routes SET service = 'stripe', filter = NULL WHERE id = $1`, [second]);
      expect(await routesOfOneMore()).toEqual([]);
      await sql(`UPDATE routes SET service = 'github' WHERE id = $1`, [second]);
      expect(await routesOfOneMore()).toEqual([second]);
      await sql('DELETE FROM routes WHERE id = $1', [second]);
      expect(await routesOfOneMore()).toEqual([]);
    });

    it('keeps the order of a route that has one since', async () => {
      const id = await aRoute();
      await routesOfOneMore();
      await sql('UPDATE routes SET ordered = true WHERE id = $1', [id]);
      await routesOfOneMore();
      expect(await sql('SELECT position::int FROM deliveries WHERE tenant_id = $1 ORDER BY id', [tenantId])).toEqual([
        { position: null },
        { position: 1 },
      ]);
    });

    it('holds a tenant to the limit that it has since', async () => {
      await routesOfOneMore();
      await sql(`INSERT INTO plan_overrides (tenant_id, name, max) VALUES ($1, 'max_webhooks_per_day', 2)`, [tenantId]);
      const events = [anEvent({ tenantId }), anEvent({ tenantId })];
      expect((await sut.write(events)).map(({ kind }) => kind)).toEqual(['accepted', 'over_quota']);
      await sql('DELETE FROM plan_overrides WHERE tenant_id = $1', [tenantId]);
      await routesOfOneMore();
    });

    it('stores a group of several tenants only where all of it holds', async () => {
      const other = newId();
      await sql(`INSERT INTO tenants (id, name, tier) VALUES ($1, 'T', 'enterprise')`, [other]);
      await sut.write([anEvent({ tenantId }), anEvent({ tenantId: other })]);
      const id = await aRoute();
      const events = [anEvent({ tenantId: other }), anEvent({ tenantId })];
      expect((await sut.write(events)).map(({ kind }) => kind)).toEqual(['accepted', 'accepted']);
      const rows = await sql('SELECT event_id FROM deliveries WHERE route_id = $1', [id]);
      expect(rows).toEqual([{ event_id: events[1]?.id }]);
    });
  });

  it('does not let the tenant role read the queue', async () => {
    const peek = database().tenants.transaction(newId(), (manager) => manager.query('SELECT * FROM pgboss.job'));
    await expect(peek).rejects.toThrow(/permission denied/);
  });
});
