import { LeasedBuckets } from './leased-buckets';
import { LeasedThrottlerStorage } from './leased-throttler-storage';
import { InMemoryLeaseStore } from './support/in-memory-lease-store';

const DAY_MS = 86_400_000;

function aStorage() {
  const clock = { nowMs: 0 };
  const now = () => clock.nowMs;
  const store = new InMemoryLeaseStore(now);
  return { clock, store, sut: new LeasedThrottlerStorage(new LeasedBuckets(store, { now, sweepEveryMs: 0 })) };
}

it('counts hits up to the limit, with times in seconds', async () => {
  const { sut } = aStorage();
  const allowed = { isBlocked: false, timeToExpire: 43_200, timeToBlockExpire: 0 };
  expect(await sut.increment('client', DAY_MS, 2)).toEqual({ totalHits: 1, ...allowed });
  expect(await sut.increment('client', DAY_MS, 2)).toEqual({ totalHits: 2, ...allowed });
  const blocked = { isBlocked: true, timeToExpire: 43_200, timeToBlockExpire: 43_200 };
  expect(await sut.increment('client', DAY_MS, 2)).toEqual({ totalHits: 3, ...blocked });
});

it('rounds the wait up, so that who comes then is let in', async () => {
  const { sut, clock } = aStorage();
  await sut.increment('client', 1_500, 1);
  expect((await sut.increment('client', 1_500, 1)).timeToBlockExpire).toBe(2);
  clock.nowMs = 2_000;
  expect((await sut.increment('client', 1_500, 1)).isBlocked).toBe(false);
});

it('keeps clients apart', async () => {
  const { sut } = aStorage();
  await sut.increment('one', DAY_MS, 1);
  expect((await sut.increment('two', DAY_MS, 1)).isBlocked).toBe(false);
  expect((await sut.increment('one', DAY_MS, 1)).isBlocked).toBe(true);
});

it('passes on that the store is away', async () => {
  const { sut, store } = aStorage();
  store.failure = new Error('away');
  await expect(sut.increment('client', DAY_MS, 1)).rejects.toBe(store.failure);
});
