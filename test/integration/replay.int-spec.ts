import { newId } from '../../src/database/new-id';
import { Integration } from '../../src/n8n/integration.entity';
import type { DeliveryQueue } from '../../src/webhook/delivery/queue/delivery.queue';
import { EventRepository } from '../../src/webhook/event/event.repository';
import { WebhookEvent } from '../../src/webhook/event/webhook-event.entity';
import type { RedriveDto, ReplayEventsDto } from '../../src/webhook/replay/replay.dto';
import { Replay } from '../../src/webhook/replay/replay.entity';
import type { ReplayView } from '../../src/webhook/replay/replay-view.dto';
import { Route } from '../../src/webhook/route/route.entity';
import { aQueue } from '../support/a-queue';
import { describeOnEachDatabase } from '../support/databases';
import { refusalOf } from '../support/refusals';
import { Replaying } from '../support/replaying';
import { by } from '../support/trails';

describeOnEachDatabase(
  'replays',
  (database) => {
    let queue: DeliveryQueue;
    let sut: Replaying;

    beforeAll(async () => {
      queue = await aQueue(database());
      sut = new Replaying(database(), queue);
    });
    afterAll(() => queue.onApplicationShutdown());
    beforeEach(() => sut.begin());

    async function started(wanted: Partial<ReplayEventsDto>): Promise<ReplayView> {
      const answer = await sut.replays.replayEvents(by(sut.tenantId), wanted);
      if ('preview' in answer) throw new Error('it was only previewed');
      return answer;
    }

    describe('of one event', () => {
      it('make a delivery along each route that takes it now, of the same event', async () => {
        const filtered = await sut.aRoute('payload.a == 1');
        await sut.aRoute('payload.a == 2');
        await sut.aRoute(null, { enabled: false });
        const event = await sut.anEvent({ a: 1 });
        const replay = await sut.replays.replayEvent(by(sut.tenantId), event, { reason: 'they asked' });
        expect(replay).toMatchObject({ state: 'done', total: 1, processed: 1, created: 2, progress: 1 });
        const made = await sut.deliveries();
        expect(new Set(made.map((row) => row.route_id))).toEqual(new Set([sut.routeId, filtered]));
        for (const row of made) {
          expect(row).toMatchObject({ event_id: event, replay_id: replay.id, status: 'queued' });
          expect(await sut.jobsOf(row.id)).toMatchObject([{ attempt: 1 }]);
        }
        expect(sut.trail.acts.at(-1)).toMatchObject({ act: { action: 'replay.started', resourceId: replay.id } });
      });

      it('go along a route that is named, whatever it takes', async () => {
        const other = await sut.aRoute('false', { enabled: false });
        await sut.replays.replayEvent(by(sut.tenantId), await sut.anEvent({}, 'issues'), { route_id: other });
        expect((await sut.deliveries()).map((row) => row.route_id)).toEqual([other]);
      });

      it('go to a target of their own, along a route that is made for it once and takes nothing itself', async () => {
        const target = { kind: 'agent' as const, agent: 'librarian' };
        const events = [await sut.anEvent(), await sut.anEvent()];
        for (const event of events) await sut.replays.replayEvent(by(sut.tenantId), event, { target });
        const [first, second] = await sut.deliveries();
        expect(first?.route_id).toBe(second?.route_id);
        const routes = await sut.sql('SELECT enabled, for_replays FROM routes WHERE id = $1', [first?.route_id]);
        expect(routes).toEqual([{ enabled: false, for_replays: true }]);
      });

      it('are refused where they would need one route more than there may be', async () => {
        for (let n = 1; n < 6; n++) await sut.aRoute(null, { enabled: false });
        const target = { kind: 'agent' as const, agent: 'librarian' };
        const refusal = await refusalOf(sut.replays.replayEvent(by(sut.tenantId), await sut.anEvent(), { target }));
        expect(refusal).toMatchObject({ status: 409, members: { limit: 6, used: 6 } });
      });

      it('say that there is none where the integration of their target goes away meanwhile', async () => {
        const event = await sut.anEvent();
        jest.spyOn(sut.integrations, 'kindOf').mockResolvedValueOnce('n8n');
        const target = { kind: 'n8n' as const, integration_id: newId(), webhook_path: 'orders' };
        expect((await refusalOf(sut.replays.replayEvent(by(sut.tenantId), event, { target }))).errors).toEqual([
          { field: 'target.integration_id', message: 'there is no such integration' },
        ]);
      });

      it('are refused where there is nowhere to go, and where something named is not there', async () => {
        const issue = await sut.anEvent({}, 'issues');
        expect(await refusalOf(sut.replays.replayEvent(by(sut.tenantId), issue, {}))).toMatchObject({ status: 409 });
        expect(await refusalOf(sut.replays.replayEvent(by(sut.tenantId), newId(), {}))).toMatchObject({ status: 404 });
        const foreign = await sut.anEvent({}, 'push', newId());
        expect(await refusalOf(sut.replays.replayEvent(by(sut.tenantId), foreign, {}))).toMatchObject({ status: 404 });
        expect(
          (await refusalOf(sut.replays.replayEvent(by(sut.tenantId), issue, { route_id: newId() }))).errors,
        ).toEqual([{ field: 'route_id', message: 'there is no such route' }]);
        expect(await sut.deliveries()).toEqual([]);
      });
    });

    describe('of many events', () => {
      it('are previewed: how many, the first of them, and where they would go', async () => {
        const events = [
          await sut.anEvent({ n: 'Größe 1' }),
          await sut.anEvent({ n: 'größe 2' }),
          await sut.anEvent({ n: 'x' }),
        ];
        const filter = { q: 'GRÖSSE'.replace('SS', 'ß') };
        const wanted = { filter, preview: true };
        expect(await sut.replays.replayEvents(by(sut.tenantId), wanted)).toMatchObject({
          preview: true,
          count: 2,
          count_is_exact: true,
          sample: events.slice(0, 2).map((id) => ({ id })),
          goes_to: [{ route_id: sut.routeId, route: 'pushes', agent: null, deliveries: 2 }],
          goes_to_counted: 2,
        });
        expect(await sut.deliveries()).toEqual([]);
      });

      it('are previewed with where a sample of them would go, of so many and such a size at most', async () => {
        await sut.aRoute('exists(payload.n)');
        const read = jest.spyOn(EventRepository.prototype, 'findWhole');
        const counted = async () => {
          read.mockClear();
          const answer = await sut.replays.replayEvents(by(sut.tenantId), { filter: {}, preview: true });
          return 'goes_to_counted' in answer ? [answer.count, answer.goes_to_counted, read.mock.calls.length] : [];
        };
        for (let n = 0; n < 55; n++) await sut.anEvent({ n });
        expect(await counted()).toEqual([55, 50, 50]);
        await sut.begin();
        await sut.aRoute('exists(payload.n)');
        for (let n = 0; n < 5; n++) await sut.anEvent({ n: 'x'.repeat(1_048_576) });
        expect(await counted()).toEqual([5, 3, 3]);
        read.mockRestore();
      });

      it('start at their rate, each once, and only those that were there when it was asked for', async () => {
        const events = [await sut.anEvent(), await sut.anEvent(), await sut.anEvent()];
        await sut.anEvent({}, 'issues');
        const { id } = await started({ filter: { event_type: 'push' }, rate_per_second: 2 });
        await sut.anEvent();
        await sut.keeper.run();
        await sut.keeper.run();
        const made = await sut.deliveries();
        expect(made.map((row) => row.event_id)).toEqual(events);
        const [first, second, third] = made.map((row) => row.next_attempt_at.getTime());
        expect([(second ?? 0) - (first ?? 0), (third ?? 0) - (second ?? 0)]).toEqual([500, 500]);
        const starts = await sut.jobsOf(made[2]?.id ?? '');
        expect(Math.abs((starts[0]?.start_after.getTime() ?? 0) - (third ?? 0))).toBeLessThan(5_000);
        expect(await sut.replays.get(sut.tenantId, id)).toMatchObject({
          state: 'done',
          total: 3,
          created: 3,
          progress: 1,
        });
      });

      it('are made no further ahead than some seconds, and taken back when they are cancelled', async () => {
        for (let n = 0; n < 15; n++) await sut.anEvent();
        const { id } = await started({ filter: {}, rate_per_second: 1 });
        await sut.keeper.run();
        const { created } = await sut.replays.get(sut.tenantId, id);
        expect(created).toBeGreaterThanOrEqual(9);
        expect(created).toBeLessThan(15);
        const cancelled = await sut.replays.cancel(by(sut.tenantId), id);
        expect(cancelled.state).toBe('cancelled');
        expect(cancelled.created).toBeLessThan(created);
        expect(await sut.deliveries()).toHaveLength(cancelled.created);
        await sut.keeper.run();
        expect(await sut.deliveries()).toHaveLength(cancelled.created);
        expect(await sut.replays.cancel(by(sut.tenantId), id)).toEqual(cancelled);
      });

      it('lose none of those that were named in upper case, in however many steps', async () => {
        const events: string[] = [];
        for (let n = 0; n < 15; n++) events.push(await sut.anEvent());
        const event_ids = events.map((id, n) => (n % 2 === 0 ? id.toUpperCase() : id));
        const { id, selection } = await started({
          event_ids: [...event_ids, ...events.slice(0, 2)],
          rate_per_second: 1,
        });
        expect(selection).toEqual({ event_ids: events });
        for (let step = 0; step < 3; step++) {
          await sut.keeper.run();
          await sut.sql('UPDATE replays SET next_start_at = now()');
        }
        expect(new Set((await sut.deliveries()).map((row) => row.event_id))).toEqual(new Set(events));
        expect(await sut.replays.get(sut.tenantId, id)).toMatchObject({ state: 'done', total: 15, created: 15 });
      });

      it('lose and double nothing when a process dies in the middle of a step', async () => {
        const events = [await sut.anEvent(), await sut.anEvent()];
        const { id } = await started({ event_ids: events, rate_per_second: 100 });
        jest.spyOn(queue, 'enqueue').mockRejectedValueOnce(new Error('killed'));
        await sut.keeper.run();
        expect(await sut.deliveries()).toEqual([]);
        await sut.pausesAreOver();
        await Promise.all([sut.keeper.run(), sut.keeper.run()]);
        await sut.keeper.run();
        expect((await sut.deliveries()).map((row) => row.event_id)).toEqual(events);
        expect(await sut.replays.get(sut.tenantId, id)).toMatchObject({ state: 'done', created: 2 });
      });

      it('end where their route was deleted', async () => {
        await sut.anEvent();
        const { id } = await started({ filter: {}, route_id: sut.routeId });
        await sut.sql('DELETE FROM routes WHERE id = $1', [sut.routeId]);
        await sut.keeper.run();
        expect(await sut.replays.get(sut.tenantId, id)).toMatchObject({
          state: 'failed',
          failure: 'The route was deleted.',
        });
        expect(await refusalOf(sut.replays.cancel(by(sut.tenantId), id))).toMatchObject({ status: 409 });
      });

      it('are refused where it is not said which, or twice, or what is not there', async () => {
        const event_ids = [await sut.anEvent({}, 'push', newId())];
        const refusals: [Partial<ReplayEventsDto>, string][] = [
          [{}, 'filter'],
          [{ filter: {}, event_ids }, 'filter'],
          [{ event_ids }, 'event_ids'],
          [{ filter: {}, route_id: sut.routeId, target: { kind: 'agent', agent: 'librarian' } }, 'target'],
          [{ filter: {}, target: { kind: 'agent', agent: 'nobody' } }, 'target.agent'],
          [{ filter: {}, target: { kind: 'agent', agent: 'nobody' }, preview: true }, 'target.agent'],
        ];
        for (const [wanted, field] of refusals) {
          const { errors } = await refusalOf(sut.replays.replayEvents(by(sut.tenantId), wanted));
          expect(errors).toMatchObject([{ field }]);
        }
      });
    });

    describe('of deliveries that were given up', () => {
      const redriven = async (wanted: RedriveDto) => sut.replays.redrive(by(sut.tenantId), wanted);

      it('give those with this cause another try, and leave the others', async () => {
        const [gone, exhausted] = [
          await sut.aDelivery('dead', { cause: 'gone' }),
          await sut.aDelivery('dead', { cause: 'exhausted' }),
        ];
        await sut.aDelivery('delivered');
        expect(await redriven({ preview: true })).toMatchObject({
          count: 2,
          count_is_exact: true,
          sample: [gone, exhausted],
        });
        const replay = await redriven({ cause: 'exhausted' });
        await sut.keeper.run();
        await sut.keeper.run();
        const byId = new Map((await sut.deliveries()).map((row) => [row.id, row]));
        expect(byId.get(gone)).toMatchObject({ status: 'dead', cause: 'gone' });
        expect(byId.get(exhausted)).toMatchObject({
          status: 'queued',
          cause: null,
          completed_at: null,
          attempt_count: 7,
        });
        expect(await sut.jobsOf(exhausted)).toMatchObject([{ attempt: 8 }]);
        if ('preview' in replay) throw new Error('it was only previewed');
        expect(await sut.replays.get(sut.tenantId, replay.id)).toMatchObject({
          kind: 'redrive',
          state: 'done',
          total: 1,
          created: 1,
        });
      });

      it('are chosen by status, route and time', async () => {
        const other = await sut.aRoute(null);
        await sut.aDelivery('dead');
        const failed = await sut.aDelivery('failed', { routeId: other });
        const count = async (wanted: RedriveDto) => {
          const answer = await redriven(Object.assign({ preview: true }, wanted));
          return 'count' in answer ? answer.count : -1;
        };
        expect(await count({ status: 'failed' })).toBe(1);
        expect(await count({ status: 'failed', route_id: sut.routeId })).toBe(0);
        expect(await count({ from: new Date(Date.now() - 600_000), to: new Date() })).toBe(1);
        expect(await count({ from: new Date() })).toBe(0);
        await redriven({ status: 'failed', route_id: other });
        await sut.keeper.run();
        expect((await sut.deliveries()).find(({ id }) => id === failed)).toMatchObject({ status: 'queued' });
      });
    });

    it('are listed newest first, and are nothing that another tenant could see or cancel', async () => {
      await sut.anEvent();
      const first = await started({ filter: {} });
      const second = await started({ filter: {} });
      const page = await sut.replays.list(sut.tenantId, { limit: 1 });
      expect(page).toMatchObject({ data: [{ id: second.id }], next_cursor: expect.any(String) });
      expect(await sut.replays.list(sut.tenantId, { limit: 1, cursor: page.next_cursor ?? '' })).toMatchObject({
        data: [{ id: first.id }],
        next_cursor: null,
      });
      expect(await sut.replays.list(sut.tenantId, { limit: 5, kind: 'redrive' })).toMatchObject({ data: [] });
      const stranger = newId();
      expect((await sut.replays.list(stranger, { limit: 5 })).data).toEqual([]);
      for (const work of [sut.replays.get(stranger, first.id), sut.replays.cancel(by(stranger), first.id)]) {
        expect(await refusalOf(work)).toMatchObject({ status: 404 });
      }
    });
  },
  [Route, Integration, Replay, WebhookEvent],
);
