import { Logger } from '@nestjs/common';
import { MiraConfig } from '../../src/config/mira.config';
import { newId } from '../../src/database/new-id';
import { ClaimedJob } from '../../src/webhook/delivery/queue/claimed-job';
import { DeliveryQueue } from '../../src/webhook/delivery/queue/delivery.queue';
import { AWorker } from '../support/a-worker';
import { describeOnEachDatabase } from '../support/databases';
import { DELIVERED, Delivering } from '../support/delivering';
import { eventually } from '../support/eventually';

describeOnEachDatabase('two workers', (database) => {
  let queues: DeliveryQueue[];
  let sut: Delivering;
  let workers: AWorker[];

  beforeAll(async () => {
    Logger.overrideLogger(false);
    // Each process has a queue of its own.
    queues = [0, 1].map(() => new DeliveryQueue(new MiraConfig(), database().dataSource, database().target));
    for (const queue of queues) await queue.onModuleInit();
  });
  afterAll(async () => {
    await Promise.all(queues.map((queue) => queue.onApplicationShutdown()));
    Logger.overrideLogger(true);
  });
  beforeEach(async () => {
    await database().dataSource.query('TRUNCATE holds, deliveries');
    await sql('DELETE FROM pgboss.job');
    const [queue] = queues;
    if (!queue) throw new Error('there is no queue');
    sut = await new Delivering(database(), queue).make();
    workers = [];
  });
  afterEach(() => Promise.all(workers.map((worker) => worker.die())));

  const sql = (text: string, values: unknown[] = []) => database().dataSource.query(text, values);
  const jobs = (): Promise<{ id: string; state: string }[]> =>
    sql(`SELECT id, state::text FROM pgboss.job WHERE data ->> 'tenant_id' = $1`, [sut.tenantId]);

  function aWorker(n: 0 | 1, places = 64): AWorker {
    const queue = queues[n];
    if (!queue) throw new Error('there is no queue');
    const worker = new AWorker(database(), queue, places);
    worker.worker.start();
    workers.push(worker);
    return worker;
  }

  /** As a retry by hand, a probe or the order of a route do. */
  const askAgain = (deliveryId: string, attempt = 1) =>
    database().tenants.transaction(sut.tenantId, (manager) =>
      sut.queue.enqueue(manager, [{ tenantId: sut.tenantId, deliveryId, attempt, startAfter: null, isUrgent: true }]),
    );

  /** As if the time of all claimed jobs were over, and pg-boss had found that. */
  async function timePasses(): Promise<void> {
    await sql(`UPDATE deliveries SET attempting_since = attempting_since - interval '1 hour' WHERE tenant_id = $1`, [
      sut.tenantId,
    ]);
    await sql(`UPDATE pgboss.job SET state = 'retry' WHERE state = 'active' AND data ->> 'tenant_id' = $1`, [
      sut.tenantId,
    ]);
  }

  /** The first makes its attempt, and takes nothing else meanwhile. */
  async function underWay(): Promise<{ id: string; first: AWorker }> {
    const [id = ''] = await sut.receive(1);
    const first = aWorker(0, 1);
    await eventually(() => expect(first.sent).toEqual([id]));
    return { id, first };
  }

  const areClaimed = (count: number) =>
    eventually(async () => expect((await jobs()).map(({ state }) => state)).toEqual(Array(count).fill('active')));
  /** And nothing is left behind, once the time of every job is over. */
  async function isDone(id: string): Promise<void> {
    await eventually(async () => expect(await sut.row(id)).toMatchObject({ status: 'delivered', attempt_count: 1 }));
    await eventually(async () => {
      await timePasses();
      expect(await jobs()).toEqual([]);
    });
  }

  it('make one attempt of what two jobs ask for, and the second job is there until the first has ended', async () => {
    const { id, first } = await underWay();
    const second = aWorker(1);
    await askAgain(id);
    await areClaimed(2);
    expect(second.sent).toEqual([]);
    first.answer();
    await isDone(id);
    expect([first.sent, second.sent]).toEqual([[id], []]);
  });

  it('make one attempt of what two jobs ask for that come together', async () => {
    const [id = ''] = await sut.receive(1);
    await askAgain(id);
    const first = aWorker(0);
    const second = aWorker(1);
    await eventually(() => expect([...first.sent, ...second.sent]).toEqual([id]));
    await eventually(async () => expect((await jobs()).every(({ state }) => state === 'active')).toBe(true));
    first.answer();
    second.answer();
    await isDone(id);
    expect([...first.sent, ...second.sent]).toEqual([id]);
  });

  it('lose nothing where the first dies in the attempt: its job is given out again', async () => {
    const { id, first } = await underWay();
    await first.die();
    const second = aWorker(1);
    await areClaimed(1);
    // The job itself says whose attempt it was, whatever the clock says.
    await sql(`UPDATE pgboss.job SET state = 'retry'`);
    await eventually(() => expect(second.sent).toEqual([id]));
    second.answer();
    await isDone(id);
  });

  it('lose nothing where the first dies and its job is gone: the second job makes the attempt', async () => {
    const { id, first } = await underWay();
    const second = aWorker(1);
    const [job] = await jobs();
    await askAgain(id);
    await areClaimed(2);
    await first.die();
    await sql('DELETE FROM pgboss.job WHERE id = $1', [job?.id]);
    await timePasses();
    await eventually(() => expect(second.sent).toEqual([id]));
    second.answer();
    await isDone(id);
  });

  it('lose nothing where both die', async () => {
    const { id, first } = await underWay();
    const second = aWorker(1);
    await askAgain(id);
    await areClaimed(2);
    await first.die();
    await second.die();
    await timePasses();
    const third = aWorker(0);
    await eventually(() => expect(third.sent).toEqual([id]));
    third.answer();
    await isDone(id);
    expect(third.sent).toEqual([id]);
  });

  it('make the others of a job one of whose deliveries is being attempted for another', async () => {
    const { id, first } = await underWay();
    const another = newId();
    const second = aWorker(1);
    await sql(
      `INSERT INTO deliveries (tenant_id, id, event_id, route_id, next_attempt_at, created_at)
       SELECT tenant_id, $2, event_id, route_id, now(), now() FROM deliveries WHERE id = $1`,
      [id, another],
    );
    await database().tenants.transaction(sut.tenantId, (manager) =>
      sut.queue.enqueue(
        manager,
        [id, another].map((deliveryId) => ({
          tenantId: sut.tenantId,
          deliveryId,
          attempt: 1,
          startAfter: null,
        })),
      ),
    );
    await eventually(() => expect(second.sent).toEqual([another]));
    first.answer();
    second.answer();
    for (const each of [id, another]) await isDone(each);
    expect(first.sent).toEqual([id]);
  });

  it('load and record the same deliveries at a time, in any order, without standing in each other’s way', async () => {
    const ids = await sut.receive(60);
    const due = await sut.due();
    const job = (order: readonly string[]) =>
      new ClaimedJob(sut.tenantId, order, 1, { id: due[0]?.job.claim.id ?? '', retryCount: 0 });
    for (let round = 0; round < 10; round++) {
      const orders = [ids, ids.toReversed(), ids.toSorted(), ids.toSorted().toReversed()];
      await Promise.all(orders.map((order) => sut.load([job(order)])));
    }
    await Promise.all([sut.load([job(ids.toReversed())]), ...due.map((attempt) => sut.end(attempt, DELIVERED))]);
    expect(new Set(await sut.states())).toEqual(new Set(['delivered']));
  });

  it('give their jobs back where they cannot be loaded, and none of these counts as a death', async () => {
    await sql('ALTER TABLE webhook_events RENAME TO hidden_events');
    const id = newId();
    try {
      await sql(
        `INSERT INTO deliveries (tenant_id, id, event_id, route_id, next_attempt_at, created_at)
         VALUES ($1, $2, $2, $3, now(), now())`,
        [sut.tenantId, id, sut.routeId],
      );
      await askAgain(id);
      aWorker(0);
      await eventually(async () => {
        const rows = await sql(
          `SELECT state::text, retry_count FROM pgboss.job WHERE start_after > created_on AND data ->> 'tenant_id' = $1`,
          [sut.tenantId],
        );
        expect(rows).toEqual([{ state: 'created', retry_count: 0 }]);
      });
    } finally {
      await sql('ALTER TABLE hidden_events RENAME TO webhook_events');
    }
  });
});
