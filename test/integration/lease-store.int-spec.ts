import { LeasedBuckets } from '@mira/rate-limit';
import { SqlLeaseStore } from '../../src/webhook/ingest/sql.lease-store';
import { describeOnEachDatabase } from '../support/databases';

describeOnEachDatabase('rate limits in the database', (database) => {
  /** A window so long that nothing worth a token is refilled meanwhile. */
  const limits = { capacity: 500, windowSeconds: 86_400 };

  it('admit exactly the capacity, whichever of several processes is asked', async () => {
    const aProcess = () => new LeasedBuckets(new SqlLeaseStore(database().dataSource));
    const processes = [aProcess(), aProcess(), aProcess()];
    let admitted = 0;
    for (let round = 0; round < 12; round++) {
      const taken = await Promise.all(
        processes.flatMap((one) => Array.from({ length: 20 }, () => one.take('endpoint:a', limits))),
      );
      admitted += taken.filter((one) => one.admitted).length;
    }
    await Promise.all(processes.map((one) => one.release()));
    expect(admitted).toBe(limits.capacity);
  });

  it('give back what was leased and not spent', async () => {
    const first = new LeasedBuckets(new SqlLeaseStore(database().dataSource));
    for (let i = 0; i < 20; i++) await first.take('endpoint:b', limits);
    await first.release();
    const second = new LeasedBuckets(new SqlLeaseStore(database().dataSource));
    const { remaining } = await second.take('endpoint:b', limits);
    await second.release();
    expect(remaining).toBe(limits.capacity - 21);
  });

  it('forget a client only when its bucket must be full again', async () => {
    const sut = new SqlLeaseStore(database().dataSource);
    await sut.lease('endpoint:c', limits, { needed: 400, spare: 0 });
    await sut.forgetIdle(limits.windowSeconds * 1_000);
    const { remaining } = await sut.lease('endpoint:c', limits, { needed: 1, spare: 0 });
    expect(remaining).toBe(99);
    await sut.forgetIdle(-1_000);
    expect((await sut.lease('endpoint:c', limits, { needed: 1, spare: 0 })).remaining).toBe(limits.capacity - 1);
  });
});
