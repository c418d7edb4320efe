import { AddressPolicy } from '@mira/outbound';
import { Agent, type AgentResult } from '../../src/agent/agent';
import { AgentRegistry } from '../../src/agent/agent.registry';
import { loadConfig } from '../../src/config/load-config';
import { newId } from '../../src/database/new-id';
import { Integration } from '../../src/n8n/integration.entity';
import { IntegrationRepository } from '../../src/n8n/integration.repository';
import { IntegrationService } from '../../src/n8n/integration.service';
import { HoldService } from '../../src/webhook/delivery/hold/hold.service';
import { RouteOrder } from '../../src/webhook/delivery/hold/route.order';
import { DeliveryQueue } from '../../src/webhook/delivery/queue/delivery.queue';
import { EventRepository } from '../../src/webhook/event/event.repository';
import { WebhookEvent } from '../../src/webhook/event/webhook-event.entity';
import { ReplayCounter } from '../../src/webhook/replay/replay.counter';
import type { RedriveDto, ReplayEventsDto } from '../../src/webhook/replay/replay.dto';
import { Replay } from '../../src/webhook/replay/replay.entity';
import { ReplayKeeper } from '../../src/webhook/replay/replay.keeper';
import { ReplayPlanner } from '../../src/webhook/replay/replay.planner';
import { ReplayRepository } from '../../src/webhook/replay/replay.repository';
import { ReplayService } from '../../src/webhook/replay/replay.service';
import { ReplaySteps } from '../../src/webhook/replay/replay.steps';
import type { ReplayView } from '../../src/webhook/replay/replay-view.dto';
import { Route } from '../../src/webhook/route/route.entity';
import { RouteRepository } from '../../src/webhook/route/route.repository';
import { RouteService } from '../../src/webhook/route/route.service';
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

interface DeliveryRow {
  id: string;
  event_id: string;
  route_id: string;
  replay_id: string;
  status: string;
  next_attempt_at: Date;
}

describeOnEachDatabase(
  'replays',
  (database) => {
    const config = loadConfig({ env: {}, cwd: '/nowhere' });
    const trail = new RememberedTrail();
    let queue: DeliveryQueue;
    let keeper: ReplayKeeper;
    let sut: ReplayService;
    let tenantId: string;
    let routeId: string;

    beforeAll(async () => {
      const { dataSource, target, tenants, cipher } = database();
      const { features, limits, usage } = plansOn(database());
      queue = new DeliveryQueue(config, dataSource, target);
      await queue.onModuleInit();
      const agents = new AgentRegistry();
      agents.register(new Librarian());
      const policy = new AddressPolicy(['127.0.0.0/8']);
      const stored = new IntegrationRepository();
      const integrations = new IntegrationService(tenants, stored, cipher, policy, features, limits, usage, trail);
      const [holds, order] = [new HoldService(tenants), new RouteOrder(queue)];
      const routes = new RouteService(
        tenants,
        new RouteRepository(),
        integrations,
        agents,
        features,
        holds,
        order,
        trail,
      );
      const [events, replays] = [new EventRepository(), new ReplayRepository()];
      const planner = new ReplayPlanner(events, routes, agents);
      const steps = new ReplaySteps(replays, events, routes, planner, queue);
      const counter = new ReplayCounter(tenants, events, replays, routes, planner);
      sut = new ReplayService(tenants, replays, events, routes, counter, planner, steps, queue, trail);
      keeper = new ReplayKeeper(config, dataSource, tenants, replays, steps, queue);
    });
    afterAll(() => queue.onApplicationShutdown());

    beforeEach(async () => {
      tenantId = newId();
      await sql(`INSERT INTO tenants (id, name, tier) VALUES ($1, 'T', 'enterprise')`, [tenantId]);
      routeId = await aRoute(null);
    });

    const sql = <T>(text: string, values: unknown[] = []): Promise<T[]> => database().dataSource.query(text, values);

    async function aRoute(filter: string | null, enabled = true): Promise<string> {
      const id = newId();
      await sql(
        `INSERT INTO routes (tenant_id, id, name, service, event_types, filter, target_kind, agent_name, enabled)
         VALUES ($1, $2, 'pushes', 'github', '{push}', $3, 'agent', 'librarian', $4)`,
        [tenantId, id, filter, enabled],
      );
      return id;
    }

    async function anEvent(body: object = {}, eventType = 'push', owner = tenantId): Promise<string> {
      const id = newId();
      await sql(
        `INSERT INTO webhook_events (tenant_id, id, service, event_type, content_type, headers, body, received_at)
         VALUES ($1, $2, 'github', $3, 'application/json', '{}', $4, now())`,
        [owner, id, eventType, Buffer.from(JSON.stringify(body))],
      );
      return id;
    }

    async function aDelivery(status: string, more: { cause?: string; routeId?: string } = {}): Promise<string> {
      const id = newId();
      await sql(
        `INSERT INTO deliveries (tenant_id, id, event_id, route_id, status, cause, attempt_count, created_at, completed_at)
         VALUES ($1, $2, $3, $4, $5, $6, 7, now(), now() - interval '1 minute')`,
        [tenantId, id, newId(), more.routeId ?? routeId, status, more.cause ?? null],
      );
      return id;
    }

    const deliveries = (): Promise<DeliveryRow[]> =>
      sql('SELECT * FROM deliveries WHERE tenant_id = $1 ORDER BY next_attempt_at, id', [tenantId]);

    const jobsOf = (id: string): Promise<{ attempt: number; start_after: Date }[]> =>
      sql(
        `SELECT (data ->> 'attempt')::int AS attempt, start_after FROM pgboss.job
         WHERE data -> 'delivery_ids' @> to_jsonb($1::text)`,
        [id],
      );

    async function started(wanted: Partial<ReplayEventsDto>): Promise<ReplayView> {
      const answer = await sut.replayEvents(by(tenantId), wanted);
      if ('preview' in answer) throw new Error('it was only previewed');
      return answer;
    }

    describe('of one event', () => {
      it('make a delivery along each route that takes it now, of the same event', async () => {
        const filtered = await aRoute('payload.a == 1');
        await aRoute('payload.a == 2');
        await aRoute(null, false);
        const event = await anEvent({ a: 1 });
        const replay = await sut.replayEvent(by(tenantId), event, { reason: 'they asked' });
        expect(replay).toMatchObject({ state: 'done', total: 1, processed: 1, created: 2, progress: 1 });
        const made = await deliveries();
        expect(new Set(made.map((row) => row.route_id))).toEqual(new Set([routeId, filtered]));
        for (const row of made) {
          expect(row).toMatchObject({ event_id: event, replay_id: replay.id, status: 'queued' });
          expect(await jobsOf(row.id)).toMatchObject([{ attempt: 1 }]);
        }
        expect(trail.acts.at(-1)).toMatchObject({ act: { action: 'replay.started', resourceId: replay.id } });
      });

      it('go along a route that is named, whatever it takes', async () => {
        const other = await aRoute('false', false);
        await sut.replayEvent(by(tenantId), await anEvent({}, 'issues'), { route_id: other });
        expect((await deliveries()).map((row) => row.route_id)).toEqual([other]);
      });

      it('go to a target of their own, along a route that is made for it once and takes nothing itself', async () => {
        const target = { kind: 'agent' as const, agent: 'librarian' };
        const events = [await anEvent(), await anEvent()];
        for (const event of events) await sut.replayEvent(by(tenantId), event, { target });
        const [first, second] = await deliveries();
        expect(first?.route_id).toBe(second?.route_id);
        const routes = await sql('SELECT enabled, for_replays FROM routes WHERE id = $1', [first?.route_id]);
        expect(routes).toEqual([{ enabled: false, for_replays: true }]);
      });

      it('are refused where there is nowhere to go, and where something named is not there', async () => {
        const issue = await anEvent({}, 'issues');
        expect(await refusalOf(sut.replayEvent(by(tenantId), issue, {}))).toMatchObject({ status: 409 });
        expect(await refusalOf(sut.replayEvent(by(tenantId), newId(), {}))).toMatchObject({ status: 404 });
        const foreign = await anEvent({}, 'push', newId());
        expect(await refusalOf(sut.replayEvent(by(tenantId), foreign, {}))).toMatchObject({ status: 404 });
        expect((await refusalOf(sut.replayEvent(by(tenantId), issue, { route_id: newId() }))).errors).toEqual([
          { field: 'route_id', message: 'there is no such route' },
        ]);
        expect(await deliveries()).toEqual([]);
      });
    });

    describe('of many events', () => {
      it('are previewed: how many, the first of them, and where they would go', async () => {
        const events = [await anEvent({ n: 'Größe 1' }), await anEvent({ n: 'größe 2' }), await anEvent({ n: 'x' })];
        const filter = { q: 'GRÖSSE'.replace('SS', 'ß') };
        const wanted = { filter, preview: true };
        expect(await sut.replayEvents(by(tenantId), wanted)).toMatchObject({
          preview: true,
          count: 2,
          count_is_exact: true,
          sample: events.slice(0, 2).map((id) => ({ id })),
          goes_to: [{ route_id: routeId, route: 'pushes', agent: null, deliveries: 2 }],
          goes_to_counted: 2,
        });
        expect(await deliveries()).toEqual([]);
      });

      it('start at their rate, each once, and only those that were there when it was asked for', async () => {
        const events = [await anEvent(), await anEvent(), await anEvent()];
        await anEvent({}, 'issues');
        const { id } = await started({ filter: { event_type: 'push' }, rate_per_second: 2 });
        await anEvent();
        await keeper.run();
        await keeper.run();
        const made = await deliveries();
        expect(made.map((row) => row.event_id)).toEqual(events);
        const [first, second, third] = made.map((row) => row.next_attempt_at.getTime());
        expect([(second ?? 0) - (first ?? 0), (third ?? 0) - (second ?? 0)]).toEqual([500, 500]);
        const starts = await jobsOf(made[2]?.id ?? '');
        expect(Math.abs((starts[0]?.start_after.getTime() ?? 0) - (third ?? 0))).toBeLessThan(5_000);
        expect(await sut.get(tenantId, id)).toMatchObject({ state: 'done', total: 3, created: 3, progress: 1 });
      });

      it('are made no further ahead than some seconds, and taken back when they are cancelled', async () => {
        for (let n = 0; n < 15; n++) await anEvent();
        const { id } = await started({ filter: {}, rate_per_second: 1 });
        await keeper.run();
        const { created } = await sut.get(tenantId, id);
        expect(created).toBeGreaterThanOrEqual(9);
        expect(created).toBeLessThan(15);
        const cancelled = await sut.cancel(by(tenantId), id);
        expect(cancelled.state).toBe('cancelled');
        expect(cancelled.created).toBeLessThan(created);
        expect(await deliveries()).toHaveLength(cancelled.created);
        await keeper.run();
        expect(await deliveries()).toHaveLength(cancelled.created);
        expect(await sut.cancel(by(tenantId), id)).toEqual(cancelled);
      });

      it('lose and double nothing when a process dies in the middle of a step', async () => {
        const events = [await anEvent(), await anEvent()];
        const { id } = await started({ event_ids: events, rate_per_second: 100 });
        jest.spyOn(queue, 'enqueue').mockRejectedValueOnce(new Error('killed'));
        await expect(keeper.run()).rejects.toThrow('killed');
        expect(await deliveries()).toEqual([]);
        await Promise.all([keeper.run(), keeper.run()]);
        await keeper.run();
        expect((await deliveries()).map((row) => row.event_id)).toEqual(events);
        expect(await sut.get(tenantId, id)).toMatchObject({ state: 'done', created: 2 });
      });

      it('end where their route was deleted', async () => {
        await anEvent();
        const { id } = await started({ filter: {}, route_id: routeId });
        await sql('DELETE FROM routes WHERE id = $1', [routeId]);
        await keeper.run();
        expect(await sut.get(tenantId, id)).toMatchObject({ state: 'failed', failure: 'The route was deleted.' });
        expect(await refusalOf(sut.cancel(by(tenantId), id))).toMatchObject({ status: 409 });
      });

      it('are refused where it is not said which, or twice, or what is not there', async () => {
        const event_ids = [await anEvent({}, 'push', newId())];
        const refusals: [Partial<ReplayEventsDto>, string][] = [
          [{}, 'filter'],
          [{ filter: {}, event_ids }, 'filter'],
          [{ event_ids }, 'event_ids'],
          [{ filter: {}, route_id: routeId, target: { kind: 'agent', agent: 'librarian' } }, 'target'],
          [{ filter: {}, target: { kind: 'agent', agent: 'nobody' } }, 'target.agent'],
          [{ filter: {}, target: { kind: 'agent', agent: 'nobody' }, preview: true }, 'target.agent'],
        ];
        for (const [wanted, field] of refusals) {
          const { errors } = await refusalOf(sut.replayEvents(by(tenantId), wanted));
          expect(errors).toMatchObject([{ field }]);
        }
      });
    });

    describe('of deliveries that were given up', () => {
      const redriven = async (wanted: RedriveDto) => sut.redrive(by(tenantId), wanted);

      it('give those with this cause another try, and leave the others', async () => {
        const [gone, exhausted] = [
          await aDelivery('dead', { cause: 'gone' }),
          await aDelivery('dead', { cause: 'exhausted' }),
        ];
        await aDelivery('delivered');
        expect(await redriven({ preview: true })).toMatchObject({
          count: 2,
          count_is_exact: true,
          sample: [gone, exhausted],
        });
        const replay = await redriven({ cause: 'exhausted' });
        await keeper.run();
        await keeper.run();
        const byId = new Map((await deliveries()).map((row) => [row.id, row]));
        expect(byId.get(gone)).toMatchObject({ status: 'dead', cause: 'gone' });
        expect(byId.get(exhausted)).toMatchObject({
          status: 'queued',
          cause: null,
          completed_at: null,
          attempt_count: 7,
        });
        expect(await jobsOf(exhausted)).toMatchObject([{ attempt: 8 }]);
        if ('preview' in replay) throw new Error('it was only previewed');
        expect(await sut.get(tenantId, replay.id)).toMatchObject({
          kind: 'redrive',
          state: 'done',
          total: 1,
          created: 1,
        });
      });

      it('are chosen by status, route and time', async () => {
        const other = await aRoute(null);
        await aDelivery('dead');
        const failed = await aDelivery('failed', { routeId: other });
        const count = async (wanted: RedriveDto) => {
          const answer = await redriven(Object.assign({ preview: true }, wanted));
          return 'count' in answer ? answer.count : -1;
        };
        expect(await count({ status: 'failed' })).toBe(1);
        expect(await count({ status: 'failed', route_id: routeId })).toBe(0);
        expect(await count({ from: new Date(Date.now() - 600_000), to: new Date() })).toBe(1);
        expect(await count({ from: new Date() })).toBe(0);
        await redriven({ status: 'failed', route_id: other });
        await keeper.run();
        expect((await deliveries()).find(({ id }) => id === failed)).toMatchObject({ status: 'queued' });
      });
    });

    it('are listed newest first, and are nothing that another tenant could see or cancel', async () => {
      await anEvent();
      const first = await started({ filter: {} });
      const second = await started({ filter: {} });
      const page = await sut.list(tenantId, { limit: 1 });
      expect(page).toMatchObject({ data: [{ id: second.id }], next_cursor: expect.any(String) });
      expect(await sut.list(tenantId, { limit: 1, cursor: page.next_cursor ?? '' })).toMatchObject({
        data: [{ id: first.id }],
        next_cursor: null,
      });
      expect(await sut.list(tenantId, { limit: 5, kind: 'redrive' })).toMatchObject({ data: [] });
      const stranger = newId();
      expect((await sut.list(stranger, { limit: 5 })).data).toEqual([]);
      for (const work of [sut.get(stranger, first.id), sut.cancel(by(stranger), first.id)]) {
        expect(await refusalOf(work)).toMatchObject({ status: 404 });
      }
    });
  },
  [Route, Integration, Replay, WebhookEvent],
);
