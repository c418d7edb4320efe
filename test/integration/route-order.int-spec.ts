import { GroupCommit } from '../../src/database/group-commit';
import type { IncomingEvent, Stored } from '../../src/webhook/ingest/incoming-event';
import { anIncomingEvent } from '../support/incoming-event';
import { MiraConfig } from '../../src/config/mira.config';
import { Delivery } from '../../src/webhook/delivery/delivery.entity';
import { DeliveryAttempt } from '../../src/webhook/delivery/attempt/delivery-attempt.entity';
import { DeliveryExecution } from '../../src/webhook/delivery/execution/delivery-execution.entity';
import { DeliveryRepository } from '../../src/webhook/delivery/delivery.repository';
import { DeliveryService } from '../../src/webhook/delivery/delivery.service';
import { HoldService } from '../../src/webhook/delivery/hold/hold.service';
import { LiningUp } from '../../src/webhook/delivery/hold/lining.up';
import { DeliveryQueue } from '../../src/webhook/delivery/queue/delivery.queue';
import { describeOnEachDatabase } from '../support/databases';
import { DEAD, DELIVERED, Delivering, RETRY } from '../support/delivering';
import { by, RememberedTrail } from '../support/trails';

describeOnEachDatabase(
  'an ordered route',
  (database) => {
    let queue: DeliveryQueue;
    let sut: Delivering;
    let deliveries: DeliveryService;
    beforeAll(async () => {
      queue = new DeliveryQueue(new MiraConfig(), database().dataSource, database().target);
      await queue.onModuleInit();
    });
    afterAll(() => queue.onApplicationShutdown());
    beforeEach(async () => {
      await database().dataSource.query('TRUNCATE holds, deliveries');
      sut = await new Delivering(database(), queue).make({ ordered: true });
      const { tenants } = database();
      const trail = new RememberedTrail();
      const holds = new HoldService(tenants);
      deliveries = new DeliveryService(tenants, new DeliveryRepository(), queue, sut.order, holds, trail);
    });

    /** The one attempt that there is to be made now. */
    async function head() {
      const due = await sut.due();
      expect(due.length).toBe(1);
      const [attempt] = due;
      if (!attempt) throw new Error('there is none');
      return attempt;
    }

    it('makes one at a time, as received', async () => {
      const ids = [...(await sut.receive(2)), ...(await sut.receive(2))];
      expect(await sut.states()).toEqual(['queued', 'held:order', 'held:order', 'held:order']);
      const made: string[] = [];
      for (let n = 0; n < 4; n++) {
        const attempt = await head();
        made.push(attempt.delivery.id);
        await sut.end(attempt, DELIVERED);
      }
      expect(made).toEqual(ids);
      expect(await sut.due()).toEqual([]);
    });

    it('waits for one that fails, and for one that is dead until somebody sets it aside or it went well', async () => {
      const [one = '', two = '', three = ''] = await sut.receive(3);
      await sut.end(await head(), RETRY);
      const again = await head();
      expect(again.delivery).toMatchObject({ id: one, attempt: 2 });
      await sut.end(again, DEAD);
      expect(await sut.due()).toEqual([]);
      expect(await sut.states()).toEqual(['dead', 'held:order', 'held:order']);
      await deliveries.retry(by(sut.tenantId), one);
      const third = await head();
      expect(third.delivery).toMatchObject({ id: one, attempt: 3 });
      await sut.end(third, DEAD);
      expect(await deliveries.setAside(by(sut.tenantId), one)).toMatchObject({ status: 'set_aside' });
      const next = await head();
      expect(next.delivery.id).toBe(two);
      await sut.end(next, DELIVERED);
      expect((await head()).delivery.id).toBe(three);
    });

    it('has what was set aside go to the end of the line when it is tried again', async () => {
      const [one = '', two = '', three = ''] = await sut.receive(3);
      await deliveries.setAside(by(sut.tenantId), one);
      await deliveries.retry(by(sut.tenantId), one);
      expect(await sut.row(one)).toMatchObject({ status: 'held', held_for: 'order', position: 4 });
      const made: string[] = [];
      for (let n = 0; n < 3; n++) {
        const attempt = await head();
        made.push(attempt.delivery.id);
        await sut.end(attempt, DELIVERED);
      }
      expect(made).toEqual([two, three, one]);
    });

    it('loses its head in a hold, and goes on with it after that', async () => {
      const [one = '', two = ''] = await sut.receive(2);
      await sut.endHeld(await head());
      expect(await sut.states()).toEqual(['held:unreachable', 'held:order']);
      await sut.probesAreDue();
      for (const hold of await sut.probes.claim()) await sut.probes.letOneGo(hold);
      const attempt = await head();
      expect(attempt.delivery.id).toBe(one);
      await sut.end(attempt, DELIVERED);
      await sut.releaser.release();
      expect((await head()).delivery.id).toBe(two);
    });

    it('has what is held looked into before it touches its line and itself, as those do who end holds', async () => {
      const [one = ''] = await sut.receive(2);
      await sut.endHeld(await head());
      let retried: Promise<unknown> | undefined;
      await database().dataSource.transaction(async (manager) => {
        await manager.query('SELECT FROM holds WHERE tenant_id = $1 FOR UPDATE', [sut.tenantId]);
        // The embedded database has one connection, on which nobody waits for another.
        if (database().kind === 'server') {
          retried = deliveries.retry(by(sut.tenantId), one);
          await new Promise((resolve) => setTimeout(resolve, 300));
        }
        for (const table of ['route_positions', 'deliveries']) {
          await manager.query(`SELECT FROM ${table} WHERE tenant_id = $1 FOR UPDATE NOWAIT`, [sut.tenantId]);
        }
      });
      await (retried ?? deliveries.retry(by(sut.tenantId), one));
      const [hold] = await sut.holds();
      expect(hold).toMatchObject({ probe_count: 0 });
      expect(await sut.states()).toEqual(['held:unreachable', 'held:order']);
    });

    it('gives each its own place, and has one head, however many groups and attempts end at the same time', async () => {
      const received: Promise<string[]>[] = [];
      const made: string[] = [];
      for (let round = 0; round < 5; round++) received.push(sut.receive(3), sut.receive(2));
      for (let n = 0; n < 200 && made.length < 25; n++) {
        const due = await sut.due();
        expect(due.length).toBeLessThanOrEqual(1);
        for (const attempt of due) {
          made.push(attempt.delivery.id);
          await Promise.all([sut.end(attempt, DELIVERED), n < 3 ? sut.receive(1) : null]);
        }
      }
      await Promise.all(received);
      const rows: { id: string; position: string }[] = await sut.sql(
        'SELECT id, position FROM deliveries WHERE tenant_id = $1 ORDER BY position',
        [sut.tenantId],
      );
      expect(rows.map(({ position }) => Number(position))).toEqual(rows.map((_, n) => n + 1));
      expect(made).toEqual(rows.slice(0, made.length).map(({ id }) => id));
      expect(made.length).toBe(25);
    });

    it('keeps what came first before what came later, also where one of its group cannot be stored', async () => {
      await sut.receive(1);
      const group = new GroupCommit<IncomingEvent, Stored>({
        commit: (events) => sut.writer.write(events),
        inTurn: (events, work) => sut.writer.inTurn(events, work),
        maxGroup: 4,
        weightOf: () => 1,
        maxGroupBytes: 100,
        maxConcurrent: 3,
        maxWaitMs: 60_000,
        maxWaiting: 100,
        maxWaitingBytes: 100,
        isRowFault: () => true,
      });
      const { tenantId } = sut;
      const events = Array.from({ length: 8 }, (_, n) =>
        anIncomingEvent({ tenantId, ...(n === 2 && { contentType: 'not \0 to be stored' }) }),
      );
      const outcomes = await Promise.allSettled(events.map((event) => group.submit(event)));
      expect(outcomes.map(({ status }) => status).indexOf('rejected')).toBe(2);
      const rows: { event_id: string }[] = await sut.sql(
        'SELECT event_id FROM deliveries WHERE tenant_id = $1 ORDER BY position OFFSET 1',
        [tenantId],
      );
      expect(rows.map(({ event_id }) => event_id)).toEqual(events.flatMap(({ id }, n) => (n === 2 ? [] : [id])));
    });

    it('goes on although nobody gave the next its turn', async () => {
      const [one = '', two = ''] = await sut.receive(2);
      await sut.sql(`UPDATE deliveries SET status = 'accepted' WHERE id = $1`, [one]);
      expect(await sut.releaser.release()).toBe(1);
      expect((await head()).delivery.id).toBe(two);
    });

    it('that was none before puts what waits in order, but not what is under way', async () => {
      sut = await new Delivering(database(), queue).make();
      await sut.receive(1);
      const [underWay] = await sut.due();
      const waiting = await sut.receive(3);
      await sut.sql('UPDATE routes SET ordered = true WHERE id = $1', [sut.routeId]);
      const { tenantId, routeId } = sut;
      await database().tenants.transaction(tenantId, (manager) =>
        new LiningUp(sut.order).begin(manager, { tenantId, routeId }),
      );
      expect(await sut.states()).toEqual(['queued', 'queued', 'held:order', 'held:order']);
      const later = await sut.receive(1);
      const attempt = await head();
      expect(attempt.delivery.id).toBe(waiting[0]);
      if (underWay) await sut.end(underWay, DELIVERED);
      expect(await sut.due()).toEqual([]);
      const made = [attempt.delivery.id];
      await sut.end(attempt, DELIVERED);
      for (let n = 0; n < 3; n++) {
        const next = await head();
        made.push(next.delivery.id);
        await sut.end(next, DELIVERED);
      }
      expect(made).toEqual([...waiting, ...later]);
    });

    it('puts what comes while the rest is being lined up behind it', async () => {
      sut = await new Delivering(database(), queue).make();
      const { tenantId, routeId } = sut;
      const waiting = await sut.receive(3);
      await sut.sql('UPDATE routes SET ordered = true WHERE id = $1', [routeId]);
      const liningUp = new LiningUp(sut.order);
      // As if a page had room for one.
      const begun = { route: { tenantId, routeId }, after: null, next: 0, end: 1 };
      const end = await database().tenants.transaction(tenantId, async (manager) => {
        await sut.order.lockWithin(manager, [begun.route]);
        await manager.query('UPDATE route_positions SET last = 3 WHERE route_id = $1', [routeId]);
        return liningUp.goOn(manager, begun);
      });
      const later = await sut.receive(1);
      expect(end).toMatchObject({ after: waiting[0], next: 1 });
      await database().tenants.transaction(tenantId, (manager) =>
        liningUp.goOn(manager, { ...begun, after: waiting[0] ?? null, next: 1, end: 3 }),
      );
      const rows: { id: string }[] = await sut.sql('SELECT id FROM deliveries WHERE tenant_id = $1 ORDER BY position', [
        tenantId,
      ]);
      expect(rows.map(({ id }) => id)).toEqual([...waiting, ...later]);
      expect(await sut.states()).toEqual(['queued', 'held:order', 'held:order', 'held:order']);
    });

    it('that is none any more lets all go', async () => {
      const ids = await sut.receive(3);
      await sut.sql('UPDATE routes SET ordered = false WHERE id = $1', [sut.routeId]);
      expect(await sut.releaser.release()).toBe(2);
      expect((await sut.dueIds()).toSorted()).toEqual(ids.toSorted());
    });
  },
  [Delivery, DeliveryAttempt, DeliveryExecution],
);
