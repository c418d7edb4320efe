import { MiraConfig } from '../../src/config/mira.config';
import { newId } from '../../src/database/new-id';
import { DeliveryAttempt } from '../../src/webhook/delivery/attempt/delivery-attempt.entity';
import { DeliveryExecution } from '../../src/webhook/delivery/execution/delivery-execution.entity';
import { Delivery, type DeliveryStatus } from '../../src/webhook/delivery/delivery.entity';
import { DeliveryQueue } from '../../src/webhook/delivery/queue/delivery.queue';
import { HoldService } from '../../src/webhook/delivery/hold/hold.service';
import { RouteOrder } from '../../src/webhook/delivery/hold/route.order';
import { DeliveryRepository } from '../../src/webhook/delivery/delivery.repository';
import { DeliveryService } from '../../src/webhook/delivery/delivery.service';
import { ListDeliveriesQuery } from '../../src/webhook/delivery/list-deliveries.dto';
import { describeOnEachDatabase } from '../support/databases';
import { refusalOf } from '../support/refusals';
import { by, RememberedTrail } from '../support/trails';

interface StoredDelivery {
  status?: DeliveryStatus;
  eventId?: string;
  routeId?: string;
  attemptCount?: number;
  nextAttemptAt?: Date | null;
  attemptingForSeconds?: number;
}

const inAnHour = () => new Date(Date.now() + 3_600_000);

function query(filters: Partial<ListDeliveriesQuery> = {}): ListDeliveriesQuery {
  return Object.assign(new ListDeliveriesQuery(), filters);
}

describeOnEachDatabase(
  'deliveries, as people see them,',
  (database) => {
    let queue: DeliveryQueue;
    let sut: DeliveryService;
    let tenantId: string;
    let otherTenantId: string;
    let wakes: number;

    beforeAll(async () => {
      const { dataSource, target, tenants } = database();
      queue = new DeliveryQueue(new MiraConfig(), dataSource, target);
      await queue.onModuleInit();
      sut = new DeliveryService(
        tenants,
        new DeliveryRepository(),
        queue,
        new RouteOrder(queue),
        new HoldService(tenants),
        new RememberedTrail(),
      );
    });

    afterAll(async () => {
      await queue.onApplicationShutdown();
    });

    beforeEach(() => {
      [tenantId, otherTenantId] = [newId(), newId()];
      wakes = 0;
      queue.whenWoken(() => {
        wakes += 1;
      });
    });

    async function stored(delivery: StoredDelivery = {}, owner = tenantId): Promise<string> {
      const id = newId();
      const { status = 'dead', eventId = newId(), routeId = newId(), attemptCount = 3 } = delivery;
      const isOpen = status === 'queued' || status === 'held';
      await database().dataSource.query(
        `INSERT INTO deliveries (tenant_id, id, event_id, route_id, status, attempt_count, next_attempt_at, reason,
           created_at, completed_at, attempting_since)
         VALUES ($1, $2, $3, $4, $5, $6, $7, 'The receiver answered 500.', $8, $9,
           now() - $10 * interval '1 second')`,
        [
          owner,
          id,
          eventId,
          routeId,
          status,
          attemptCount,
          delivery.nextAttemptAt ?? null,
          new Date(),
          isOpen ? null : new Date(),
          delivery.attemptingForSeconds ?? null,
        ],
      );
      return id;
    }

    /** The jobs that a worker would get now. */
    async function jobs(): Promise<{ deliveryId: string; attempt: number }[]> {
      const claimed = await queue.claim(100);
      return claimed
        .filter((job) => job.tenantId === tenantId)
        .flatMap(({ deliveryIds, attempt }) => deliveryIds.map((deliveryId) => ({ deliveryId, attempt })));
    }

    const listed = async (filters: Partial<ListDeliveriesQuery> = {}) =>
      (await sut.list(tenantId, query(filters))).data.map(({ id }) => id);

    it('are listed newest first, by status, event and route', async () => {
      const [eventId, routeId] = [newId(), newId()];
      const dead = await stored({ eventId, routeId });
      const queued = await stored({ status: 'queued', eventId });
      const delivered = await stored({ status: 'delivered', routeId });

      expect(await listed()).toEqual([delivered, queued, dead]);
      expect(await listed({ status: 'queued' })).toEqual([queued]);
      expect(await listed({ status: 'held' })).toEqual([]);
      expect(await listed({ event_id: eventId })).toEqual([queued, dead]);
      expect(await listed({ route_id: routeId })).toEqual([delivered, dead]);
      expect(await listed({ event_id: eventId, route_id: routeId, status: 'dead' })).toEqual([dead]);

      const first = await sut.list(tenantId, query({ limit: 2 }));
      expect(first.data.map(({ id }) => id)).toEqual([delivered, queued]);
      const rest = await sut.list(tenantId, query({ limit: 2, cursor: first.next_cursor ?? undefined }));
      expect(rest).toMatchObject({ data: [{ id: dead }], next_cursor: null });
    });

    it('show their attempts, first to last, with what came back', async () => {
      const id = await stored();
      const startedAt = new Date('2026-11-22T10:00:00.123Z');
      for (const [number, body] of [
        [2, Buffer.from([0x6f, 0x6b, 0xff])],
        [1, null],
      ] as const) {
        await database().dataSource.query(
          `INSERT INTO delivery_attempts (tenant_id, delivery_id, number, started_at, duration_ms, outcome, reason,
             status_code, response_headers, response_body)
           VALUES ($1, $2, $3, $4, 12.5, 'retry', 'The receiver answered 500.', $5, $6, $7)`,
          [tenantId, id, number, startedAt, body && 500, body && { 'content-type': 'text/plain' }, body],
        );
      }
      const attempt = { started_at: startedAt.toISOString(), duration_ms: 12.5, outcome: 'retry' };
      expect((await sut.get(tenantId, id)).attempts).toEqual([
        {
          ...attempt,
          number: 1,
          reason: 'The receiver answered 500.',
          status_code: null,
          response_headers: null,
          response_body: null,
          response_body_bytes: null,
        },
        {
          ...attempt,
          number: 2,
          reason: 'The receiver answered 500.',
          status_code: 500,
          response_headers: { 'content-type': 'text/plain' },
          response_body: 'ok\ufffd',
          response_body_bytes: 3,
        },
      ]);
    });

    it.each<[StoredDelivery, string]>([
      [{ status: 'dead' }, 'dead'],
      [{ status: 'queued', nextAttemptAt: inAnHour() }, 'waiting for their next attempt'],
      [{ status: 'queued', nextAttemptAt: new Date(Date.now() - 120_000) }, 'queued, but forgotten by the queue'],
    ])('are tried again on demand: %j', async (delivery) => {
      const id = await stored({ ...delivery, attemptCount: 3 });
      const before = Date.now();
      const view = await sut.retry(by(tenantId), id);
      expect(view).toMatchObject({ id, status: 'queued', attempt_count: 3, reason: null, completed_at: null });
      expect(Date.parse(view.next_attempt_at ?? '')).toBeGreaterThanOrEqual(before);
      expect(await sut.get(tenantId, id)).toMatchObject(view);
      expect(await jobs()).toEqual([{ deliveryId: id, attempt: 4 }]);
      expect(wakes).toBe(1);
    });

    it('are tried once more, not twice, by those who cannot wait', async () => {
      const id = await stored();
      await Promise.all([sut.retry(by(tenantId), id), sut.retry(by(tenantId), id), sut.retry(by(tenantId), id)]);
      expect(await jobs()).toEqual([{ deliveryId: id, attempt: 4 }]);
    });

    describe('whose attempt is being made', () => {
      // It fell due long ago and waited for its turn, which says nothing of the attempt.
      const nextAttemptAt = new Date(Date.now() - 3_600_000);

      it('are not tried a second time beside it', async () => {
        const id = await stored({ status: 'queued', nextAttemptAt, attemptingForSeconds: 5 });
        expect(await sut.retry(by(tenantId), id)).toMatchObject({ id, status: 'attempting' });
        expect(await jobs()).toEqual([]);
      });

      it('are not set aside, for what came of it would be lost', async () => {
        const id = await stored({ status: 'queued', nextAttemptAt, attemptingForSeconds: 5 });
        expect(await refusalOf(sut.setAside(by(tenantId), id))).toMatchObject({
          status: 409,
          message: expect.stringMatching(/is being made/),
        });
        expect(await sut.get(tenantId, id)).toMatchObject({ status: 'attempting' });
      });

      it('are tried again, or set aside, when their worker must have died', async () => {
        const [first, second] = [
          await stored({ status: 'queued', nextAttemptAt, attemptingForSeconds: queue.jobSeconds + 1 }),
          await stored({ status: 'queued', nextAttemptAt, attemptingForSeconds: queue.jobSeconds + 1 }),
        ];
        expect(await sut.retry(by(tenantId), first)).toMatchObject({ status: 'queued', attempting_since: null });
        expect(await jobs()).toEqual([{ deliveryId: first, attempt: 4 }]);
        expect(await sut.setAside(by(tenantId), second)).toMatchObject({ status: 'set_aside' });
      });
    });

    it('show the last hundred of their attempts, and an event the last hundred of its deliveries', async () => {
      const eventId = newId();
      const ids: string[] = [];
      for (let n = 0; n < 102; n++) ids.push(await stored({ eventId }));
      const [id = ''] = ids.slice(-1);
      await database().dataSource.query(
        `INSERT INTO delivery_attempts (tenant_id, delivery_id, number, started_at, duration_ms, outcome)
         SELECT $1, $2, n, now() + n * interval '1 second', 1, 'retry' FROM generate_series(1, 120) AS n`,
        [tenantId, id],
      );
      const numbers = Array.from({ length: 100 }, (_, n) => n + 21);
      expect((await sut.get(tenantId, id)).attempts.map(({ number }) => number)).toEqual(numbers);
      const repository = new DeliveryRepository();
      await database().tenants.transaction(tenantId, async (manager) => {
        const shown = await repository.listOfEvent(manager, tenantId, eventId);
        expect(shown.map((delivery) => delivery.id)).toEqual(ids.slice(2));
        const attempts = await repository.attemptsOfEvent(manager, tenantId, ids);
        expect(attempts.map(({ number }) => number)).toEqual(numbers);
        expect(attempts[0]).toMatchObject({ deliveryId: id, startedAt: expect.any(Date), durationMs: 1, reason: null });
      });
    });

    it.each<[DeliveryStatus, RegExp]>([
      ['delivered', /arrived/],
      ['held', /held/],
    ])('are not tried again when they are %s', async (status, sentence) => {
      const id = await stored({ status });
      expect(await refusalOf(sut.retry(by(tenantId), id))).toMatchObject({
        status: 409,
        message: expect.stringMatching(sentence),
      });
      expect(await sut.get(tenantId, id)).toMatchObject({ status });
      expect(await jobs()).toEqual([]);
      expect(wakes).toBe(0);
    });

    it('are nothing that another tenant could see or have tried again', async () => {
      const id = await stored();
      expect((await sut.list(otherTenantId, query())).data).toEqual([]);
      for (const each of [id, newId()]) {
        for (const work of [sut.get(otherTenantId, each), sut.retry(by(otherTenantId), each)]) {
          expect(await refusalOf(work)).toMatchObject({ status: 404, message: 'There is no such delivery.' });
        }
      }
      expect(await sut.get(tenantId, id)).toMatchObject({ status: 'dead' });
      expect(await jobs()).toEqual([]);
    });
  },
  [Delivery, DeliveryAttempt, DeliveryExecution],
);
