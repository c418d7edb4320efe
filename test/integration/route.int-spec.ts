import { HoldService } from '../../src/webhook/delivery/hold/hold.service';
import { LiningUp } from '../../src/webhook/delivery/hold/lining.up';
import { RouteOrder } from '../../src/webhook/delivery/hold/route.order';
import type { DeliveryQueue } from '../../src/webhook/delivery/queue/delivery.queue';
import { AddressPolicy } from '@mira/outbound';
import { PageQuery } from '@mira/page';
import { Agent, type AgentResult } from '../../src/agent/agent';
import { AgentRegistry } from '../../src/agent/agent.registry';
import { loadConfig } from '../../src/config/load-config';
import { newId } from '../../src/database/new-id';
import { Integration } from '../../src/n8n/integration.entity';
import { IntegrationRepository } from '../../src/n8n/integration.repository';
import { IntegrationService } from '../../src/n8n/integration.service';
import type { CreateRouteDto, RouteTarget } from '../../src/webhook/route/route.dto';
import { Route } from '../../src/webhook/route/route.entity';
import { RouteMaker } from '../../src/webhook/route/route.maker';
import { RouteRepository } from '../../src/webhook/route/route.repository';
import { RouteService } from '../../src/webhook/route/route.service';
import { RouteTargets } from '../../src/webhook/route/route.targets';
import { aQueue } from '../support/a-queue';
import { describeOnEachDatabase } from '../support/databases';
import { plansOn } from '../support/plans';
import { refusalOf } from '../support/refusals';
import { by, RememberedTrail } from '../support/trails';

class Librarian extends Agent {
  readonly name = 'librarian';
  readonly description = 'Puts events on a shelf.';

  async handle(): Promise<AgentResult> {
    return { kind: 'done' };
  }
}

const toAgent: RouteTarget = { kind: 'agent', agent: 'librarian' };

function aRoute(route: Partial<CreateRouteDto> = {}): CreateRouteDto {
  return { name: 'Pushes', service: 'github', event_types: ['push'], target: toAgent, ...route };
}

function aPage(page: Partial<PageQuery> = {}): PageQuery {
  return Object.assign(new PageQuery(), page);
}

describeOnEachDatabase(
  'routes',
  (database) => {
    let integrations: IntegrationService;
    let queue: DeliveryQueue;
    let liningUp: LiningUp;
    let holds: HoldService;
    const config = loadConfig({ env: { MIRA_WEBHOOK_MAX_ROUTES: '4' }, cwd: '/nowhere' });
    const stored = new RouteRepository();
    const maker = new RouteMaker(config, stored, new RememberedTrail());
    let sut: RouteService;
    let tenantId: string;
    let otherTenantId: string;

    beforeAll(async () => {
      const { tenants, cipher } = database();
      const { features, limits, usage } = plansOn(database());
      const agents = new AgentRegistry();
      agents.register(new Librarian());
      integrations = new IntegrationService(
        tenants,
        new IntegrationRepository(),
        cipher,
        new AddressPolicy(['127.0.0.0/8']),
        features,
        limits,
        usage,
        new RememberedTrail(),
      );
      queue = await aQueue(database());
      liningUp = new LiningUp(new RouteOrder(queue));
      holds = new HoldService(tenants);
      const targets = new RouteTargets(integrations, agents, features);
      sut = new RouteService(tenants, stored, maker, targets, features, holds, liningUp, new RememberedTrail());
    });

    afterAll(() => queue.onApplicationShutdown());

    beforeEach(async () => {
      [tenantId, otherTenantId] = [newId(), newId()];
      for (const id of [tenantId, otherTenantId]) {
        await database().dataSource.query(`INSERT INTO tenants (id, name, tier) VALUES ($1, 'T', 'enterprise')`, [id]);
      }
    });

    async function anIntegration(owner: string): Promise<string> {
      const config = { base_url: 'http://127.0.0.1:5678' };
      return (await integrations.create(by(owner), { kind: 'n8n', name: 'n8n', config })).id;
    }

    async function aReceiver(owner: string): Promise<string> {
      const config = { url: 'http://127.0.0.1:5678/hook' };
      return (await integrations.create(by(owner), { kind: 'http', name: 'http', config })).id;
    }

    it('lead to workflows, receivers and agents, as they were told to', async () => {
      const integration_id = await anIntegration(tenantId);
      const targets: RouteTarget[] = [
        { kind: 'n8n', integration_id, workflow_id: 'aB3dE5gH7jK9mN1p' },
        { kind: 'n8n', integration_id, webhook_path: 'orders/new' },
        { kind: 'http', integration_id: await aReceiver(tenantId) },
        toAgent,
      ];
      for (const target of targets) {
        const made = await sut.create(by(tenantId), aRoute({ target }));
        expect(made).toMatchObject({ name: 'Pushes', service: 'github', event_types: ['push'], target, enabled: true });
        expect(made.target).toEqual(target);
        expect(await sut.get(tenantId, made.id)).toEqual(made);
      }
    });

    it('take all events of their service where no types are named, and each type once', async () => {
      expect(await sut.create(by(tenantId), aRoute({ event_types: undefined }))).toMatchObject({ event_types: [] });
      expect(await sut.create(by(tenantId), aRoute({ event_types: ['b', 'a', 'b'] }))).toMatchObject({
        event_types: ['b', 'a'],
      });
    });

    it('lead to no integration that the tenant does not have', async () => {
      for (const integration_id of [newId(), await anIntegration(otherTenantId)]) {
        const target: RouteTarget = { kind: 'n8n', integration_id, webhook_path: 'orders' };
        const { id } = await sut.create(by(tenantId), aRoute());
        for (const work of [
          () => sut.create(by(tenantId), aRoute({ target })),
          () => sut.update(by(tenantId), id, { target }),
        ]) {
          expect((await refusalOf(work())).errors).toEqual([
            { field: 'target.integration_id', message: 'there is no such integration' },
          ]);
        }
        expect((await sut.get(tenantId, id)).target).toEqual(toAgent);
      }
    });

    it('lead to no agent that a team added where the plan has none of those', async () => {
      const { id } = await sut.create(by(tenantId), aRoute());
      await database().dataSource.query(`UPDATE tenants SET tier = 'professional' WHERE id = $1`, [tenantId]);
      const works = [() => sut.create(by(tenantId), aRoute()), () => sut.update(by(tenantId), id, { target: toAgent })];
      for (const work of works) expect(await refusalOf(work())).toMatchObject({ code: 'feature-not-in-plan' });
      expect((await sut.update(by(tenantId), id, { enabled: false })).enabled).toBe(false);
    });

    it('lead to an integration of their own kind only', async () => {
      const [n8n, http] = [await anIntegration(tenantId), await aReceiver(tenantId)];
      const wrong: [RouteTarget, RegExp][] = [
        [{ kind: 'n8n', integration_id: http, webhook_path: 'orders' }, /of kind http: target.kind must be http/],
        [{ kind: 'http', integration_id: n8n }, /of kind n8n: target.kind must be n8n .* workflow_id or webhook_path/],
      ];
      const { id } = await sut.create(by(tenantId), aRoute());
      for (const [target, message] of wrong) {
        for (const work of [
          () => sut.create(by(tenantId), aRoute({ target })),
          () => sut.update(by(tenantId), id, { target }),
        ]) {
          expect((await refusalOf(work())).errors).toEqual([
            { field: 'target.integration_id', message: expect.stringMatching(message) },
          ]);
        }
      }
    });

    it('say that there is none where the integration goes away between the look and the write', async () => {
      const blind = Object.assign(Object.create(integrations), { kindOf: async () => 'n8n' });
      const { features } = plansOn(database());
      const targets = new RouteTargets(blind, new AgentRegistry(), features);
      const { tenants } = database();
      const trail = new RememberedTrail();
      const late = new RouteService(tenants, stored, maker, targets, features, holds, liningUp, trail);
      const target: RouteTarget = { kind: 'n8n', integration_id: newId(), webhook_path: 'orders' };
      expect((await refusalOf(late.create(by(tenantId), aRoute({ target })))).errors).toEqual([
        { field: 'target.integration_id', message: 'there is no such integration' },
      ]);
    });

    it('lead to no agent that is not registered', async () => {
      const target: RouteTarget = { kind: 'agent', agent: 'nobody' };
      expect((await refusalOf(sut.create(by(tenantId), aRoute({ target })))).errors).toEqual([
        { field: 'target.agent', message: 'there is no such agent; there are librarian' },
      ]);
    });

    it('change what is given, a target as a whole', async () => {
      const integration_id = await anIntegration(tenantId);
      const target: RouteTarget = { kind: 'n8n', integration_id, webhook_path: 'orders' };
      const { id } = await sut.create(by(tenantId), aRoute({ target }));

      expect(await sut.update(by(tenantId), id, { target: toAgent })).toMatchObject({
        name: 'Pushes',
        target: toAgent,
      });
      expect((await sut.update(by(tenantId), id, { target })).target).toEqual(target);
      const changed = await sut.update(by(tenantId), id, { name: 'New', event_types: [], enabled: false });
      expect(changed).toMatchObject({ name: 'New', service: 'github', event_types: [], target, enabled: false });
      expect(await sut.update(by(tenantId), id, {})).toEqual(changed);
      expect(await sut.get(tenantId, id)).toEqual(changed);
    });

    it('have a filter where the plan has the feature, and lose it by null', async () => {
      const filter = 'payload.action == "opened"';
      const made = await sut.create(by(tenantId), aRoute({ filter }));
      expect(made).toMatchObject({ filter });
      expect(await sut.update(by(tenantId), made.id, { name: 'New' })).toMatchObject({ filter });
      await database().dataSource.query(`UPDATE tenants SET tier = 'basic' WHERE id = $1`, [tenantId]);
      for (const work of [
        () => sut.create(by(tenantId), aRoute({ filter })),
        () => sut.update(by(tenantId), made.id, { filter: 'true' }),
      ]) {
        expect(await refusalOf(work())).toMatchObject({ status: 403, code: 'feature-not-in-plan' });
      }
      expect(await sut.update(by(tenantId), made.id, { name: 'Newer' })).toMatchObject({ filter });
      expect(await sut.update(by(tenantId), made.id, { filter: null })).toMatchObject({ filter: null });
    });

    it('put what waits along them in line when they begin to keep the order, however much it is', async () => {
      const { id } = await sut.create(by(tenantId), aRoute());
      const sql = <T>(text: string): Promise<T[]> => database().dataSource.query(text, [tenantId, id]);
      // Every third is from a time when the route kept an order before, and waits at an older place.
      await sql(
        `INSERT INTO deliveries (tenant_id, id, event_id, route_id, status, held_for, position, next_attempt_at, created_at)
         SELECT $1, ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, gen_random_uuid(), $2,
           CASE WHEN n % 2 = 0 THEN 'queued' ELSE 'held' END, CASE WHEN n % 2 = 0 THEN NULL ELSE 'route_paused' END,
           CASE WHEN n % 3 = 0 THEN 9000 - n END, now(), now()
         FROM generate_series(1, 2500) AS n`,
      );
      await sql(
        `INSERT INTO deliveries (tenant_id, id, event_id, route_id, status, attempting_since, created_at)
         VALUES ($1, '00000000-0000-7000-8000-000000000000', gen_random_uuid(), $2, 'queued', now(), now())`,
      );
      await sut.update(by(tenantId), id, { ordered: true });
      const rows = await sql<{ n: string; place: number; state: string }>(
        `SELECT right(id::text, 12) AS n, position::int AS place, status || coalesce(':' || held_for, '') AS state
         FROM deliveries WHERE tenant_id = $1 AND route_id = $2 ORDER BY position NULLS FIRST, id`,
      );
      expect(rows.map(({ n }) => Number(n))).toEqual(Array.from({ length: 2501 }, (_, n) => n));
      expect(rows.map(({ place }) => place)).toEqual([null, ...Array.from({ length: 2500 }, (_, n) => n + 1)]);
      expect(rows.slice(0, 3).map(({ state }) => state)).toEqual(['queued', 'queued', 'held:order']);
      expect(new Set(rows.slice(2).map(({ state }) => state))).toEqual(new Set(['held:order']));
      expect(await sql('SELECT last::int FROM route_positions WHERE tenant_id = $1 AND route_id = $2')).toEqual([
        { last: 2500 },
      ]);
    });

    it('can be deleted while deliveries along them are open', async () => {
      const { id } = await sut.create(by(tenantId), aRoute());
      await database().dataSource.query(
        `INSERT INTO deliveries (tenant_id, id, event_id, route_id, created_at) VALUES ($1, $2, $3, $4, now())`,
        [tenantId, newId(), newId(), id],
      );
      await sut.delete(by(tenantId), id);
      expect(await refusalOf(sut.get(tenantId, id))).toMatchObject({ status: 404 });
      expect(await refusalOf(sut.delete(by(tenantId), id))).toMatchObject({ status: 404 });
    });

    it('are no more of a tenant than there may be, however many are made at once', async () => {
      const outcomes = await Promise.allSettled(
        Array.from({ length: 7 }, () => sut.create(by(tenantId), aRoute({ enabled: false }))),
      );
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(4);
      expect(await refusalOf(sut.create(by(tenantId), aRoute()))).toMatchObject({
        status: 409,
        message: 'A tenant has 4 routes at most, those made for replays included.',
        members: { limit: 4, used: 4 },
      });
      await sut.create(by(otherTenantId), aRoute());
      const [first] = (await sut.list(tenantId, aPage())).data;
      await sut.delete(by(tenantId), first?.id ?? '');
      await sut.create(by(tenantId), aRoute());
    });

    it('are listed newest first, page after page', async () => {
      for (const name of ['one', 'two', 'three']) await sut.create(by(tenantId), aRoute({ name }));
      const { data, next_cursor } = await sut.list(tenantId, aPage({ limit: 2 }));
      expect(data.map(({ name }) => name)).toEqual(['three', 'two']);
      const rest = await sut.list(tenantId, aPage({ limit: 2, cursor: next_cursor ?? undefined }));
      expect(rest).toMatchObject({ data: [{ name: 'one' }], next_cursor: null });
    });

    it('are nothing that another tenant could see or change', async () => {
      const made = await sut.create(by(tenantId), aRoute());
      expect((await sut.list(otherTenantId, new PageQuery())).data).toEqual([]);
      const attempts = [
        (id: string) => sut.get(otherTenantId, id),
        (id: string) => sut.update(by(otherTenantId), id, { enabled: false }),
        (id: string) => sut.delete(by(otherTenantId), id),
      ];
      for (const attempt of attempts) {
        for (const id of [made.id, newId()]) {
          expect(await refusalOf(attempt(id))).toMatchObject({ status: 404, message: 'There is no such route.' });
        }
      }
      expect(await sut.get(tenantId, made.id)).toEqual(made);
    });
  },
  [Route, Integration],
);
