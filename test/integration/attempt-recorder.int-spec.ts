import type { DeliveryQueue } from '../../src/webhook/delivery/queue/delivery.queue';
import { aQueue } from '../support/a-queue';
import { describeOnEachDatabase } from '../support/databases';
import { Delivering } from '../support/delivering';

/** All but Date. */
const TIMERS = ['setTimeout', 'setInterval', 'setImmediate', 'nextTick', 'performance', 'queueMicrotask'] as const;

describeOnEachDatabase('the record of an attempt', (database) => {
  let queue: DeliveryQueue;
  let sut: Delivering;
  beforeAll(async () => {
    queue = await aQueue(database());
  });
  afterAll(() => queue.onApplicationShutdown());
  beforeEach(async () => {
    sut = await new Delivering(database(), queue).make();
  });
  afterEach(() => jest.useRealTimers());

  async function anAttempt() {
    await sut.receive(1);
    const [attempt] = await sut.due();
    if (!attempt) throw new Error('nothing is due');
    return attempt;
  }

  it('says who took it, and under which name', async () => {
    const attempt = await anAttempt();
    const execution = { id: '7', canBeAskedFor: true, integrationId: sut.integrationId, workflowId: 'w' };
    await sut.end(attempt, { kind: 'delivered', reason: null, execution });
    expect(await sut.row(attempt.delivery.id)).toMatchObject({
      status: 'accepted',
      execution_id: '7',
      execution_integration_id: sut.integrationId,
      execution_workflow_id: 'w',
    });
  });

  it.each([-3_600_000, 3_600_000])(
    "has the times of the database's clock, where this one is %i ms off",
    async (off) => {
      const attempt = await anAttempt();
      jest.useFakeTimers({ doNotFake: [...TIMERS], now: Date.now() + off });
      const at = new Date(Date.now() + 300_000);
      await sut.end(attempt, { kind: 'retry', at, reason: 'later', rejected: false });
      const [row] = await sut.sql(
        `SELECT abs(extract(epoch FROM now() - a.started_at))::int AS ago,
         abs(extract(epoch FROM d.next_attempt_at - now()) - 300)::int AS off
       FROM deliveries d JOIN delivery_attempts a ON a.delivery_id = d.id WHERE d.id = $1`,
        [attempt.delivery.id],
      );
      expect(row.ago).toBeLessThan(60);
      expect(row.off).toBeLessThan(60);
    },
  );
});
