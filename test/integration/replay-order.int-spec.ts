import { Integration } from '../../src/n8n/integration.entity';
import type { DeliveryQueue } from '../../src/webhook/delivery/queue/delivery.queue';
import { WebhookEvent } from '../../src/webhook/event/webhook-event.entity';
import { Replay } from '../../src/webhook/replay/replay.entity';
import { Route } from '../../src/webhook/route/route.entity';
import { aQueue } from '../support/a-queue';
import { describeOnEachDatabase } from '../support/databases';
import { Replaying } from '../support/replaying';
import { by } from '../support/trails';

describeOnEachDatabase(
  'replays along an ordered route',
  (database) => {
    let queue: DeliveryQueue;
    let sut: Replaying;
    let ordered: string;

    beforeAll(async () => {
      queue = await aQueue(database());
      sut = new Replaying(database(), queue);
    });
    afterAll(() => queue.onApplicationShutdown());
    beforeEach(async () => {
      await sut.begin();
      ordered = await sut.aRoute(null, { enabled: false, ordered: true });
      await sut.sql('INSERT INTO route_positions (tenant_id, route_id, last) VALUES ($1, $2, 20)', [
        sut.tenantId,
        ordered,
      ]);
    });

    /** One that arrived and whose execution failed, when it was `position` in the line. */
    const aFailed = async (position: number) => sut.aDelivery('failed', { routeId: ordered, position });
    const jobsOf = async (ids: readonly string[]) => (await Promise.all(ids.map((id) => sut.jobsOf(id)))).flat();

    it('put events at the end of its line, of which the first alone may begin', async () => {
      const events = [await sut.anEvent(), await sut.anEvent(), await sut.anEvent()];
      await sut.replays.replayEvents(by(sut.tenantId), { event_ids: events, route_id: ordered });
      await sut.keeper.run();
      const made = (await sut.deliveries()).toSorted((a, b) => Number(a.position) - Number(b.position));
      expect(made.map((row) => row.event_id)).toEqual(events);
      const [one, two, three] = made.map(({ id }) => id);
      expect(await sut.line()).toEqual([`${one} queued`, `${two} held:order`, `${three} held:order`]);
      expect(await jobsOf([one ?? '', two ?? '', three ?? ''])).toMatchObject([{ attempt: 1 }]);
    });

    it('wait behind what stands in the line already', async () => {
      const first = await sut.aDelivery('dead', { routeId: ordered, position: 20 });
      const event = await sut.anEvent();
      await sut.replays.replayEvent(by(sut.tenantId), event, { route_id: ordered });
      const made = (await sut.deliveries()).find((row) => row.event_id === event);
      expect(await sut.line()).toEqual([`${first} dead`, `${made?.id} held:order`]);
      expect(await jobsOf([made?.id ?? ''])).toEqual([]);
    });

    it('are taken back out of the line when they are cancelled', async () => {
      await sut.aDelivery('dead', { routeId: ordered, position: 20 });
      for (let n = 0; n < 12; n++) await sut.anEvent();
      const replay = await sut.replays.replayEvents(by(sut.tenantId), {
        filter: {},
        route_id: ordered,
        rate_per_second: 1,
      });
      await sut.keeper.run();
      expect((await sut.line()).length).toBeGreaterThan(5);
      if ('preview' in replay) throw new Error('it was only previewed');
      expect(await sut.replays.cancel(by(sut.tenantId), replay.id)).toMatchObject({ created: 0 });
      expect(await sut.line()).toHaveLength(1);
    });

    it('put what failed at the end of the line as well, and one at a time', async () => {
      const failed = [await aFailed(3), await aFailed(4), await aFailed(5)];
      const waiting = await sut.aDelivery('dead', { routeId: ordered, position: 20 });
      const free = await sut.aDelivery('failed');
      await sut.replays.redrive(by(sut.tenantId), { status: 'failed' });
      await sut.keeper.run();
      expect(await sut.line()).toEqual([`${waiting} dead`, ...failed.map((id) => `${id} held:order`)]);
      expect((await sut.deliveries()).filter(({ position }) => Number(position) > 20)).toHaveLength(3);
      expect(await jobsOf(failed)).toEqual([]);
      expect(await jobsOf([free])).toMatchObject([{ attempt: 8 }]);
    });

    it('begin with the first of what failed where nothing waits', async () => {
      const failed = [await aFailed(3), await aFailed(4)];
      await sut.replays.redrive(by(sut.tenantId), { status: 'failed' });
      await sut.keeper.run();
      expect(await sut.line()).toEqual([`${failed[0]} queued`, `${failed[1]} held:order`]);
      expect(await jobsOf(failed)).toMatchObject([{ attempt: 8 }]);
    });

    it('try the dead one that keeps the others back again where it stands', async () => {
      const dead = await sut.aDelivery('dead', { routeId: ordered, position: 2 });
      const stray = await sut.aDelivery('dead', { routeId: ordered });
      await sut.replays.redrive(by(sut.tenantId), {});
      await sut.keeper.run();
      expect(await sut.line()).toEqual([`${dead} queued`, `${stray} held:order`]);
      expect(await jobsOf([dead])).toMatchObject([{ attempt: 8 }]);
    });

    it('hold the line before what stands in it', async () => {
      const failed = await aFailed(3);
      await sut.replays.redrive(by(sut.tenantId), { status: 'failed' });
      let step: Promise<void> | undefined;
      await database().tenants.transaction(sut.tenantId, async (manager) => {
        await sut.order.lockWithin(manager, [{ tenantId: sut.tenantId, routeId: ordered }]);
        if (database().kind === 'server') {
          step = sut.keeper.run();
          await new Promise((resolve) => setTimeout(resolve, 300));
        }
        // Were the step to hold the delivery already, this and it would wait for each other.
        await manager.query('SELECT FROM deliveries WHERE tenant_id = $1 AND id = $2 FOR UPDATE NOWAIT', [
          sut.tenantId,
          failed,
        ]);
      });
      await (step ?? sut.keeper.run());
      expect(await sut.line()).toEqual([`${failed} queued`]);
    });
  },
  [Route, Integration, Replay, WebhookEvent],
);
