import { LeasedBuckets, type LeasedBucketsOptions } from './leased-buckets';
import { InMemoryLeaseStore } from './support/in-memory-lease-store';
import { fullBucket, leaseFrom, leaseMs, type BucketLimits } from './token-bucket';

const daily: BucketLimits = { capacity: 10_000, windowSeconds: 86_400 };

/** Several processes on one store, with a clock that stands until it is turned. */
function aCluster(processes: number, options: LeasedBucketsOptions = {}, answer?: () => Promise<void>) {
  const clock = { nowMs: 0 };
  const now = () => clock.nowMs;
  const store = new InMemoryLeaseStore(now, answer);
  const buckets = Array.from(
    { length: processes },
    () => new LeasedBuckets(store, { now, sweepEveryMs: 0, ...options }),
  );
  const [sut] = buckets;
  if (!sut) throw new Error('a cluster has a process at least');
  return { clock, store, buckets, sut };
}

/** Numbers in [0, 1) that are the same in every run. */
function aRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** A store whose answers overtake each other. */
function jitter(random: () => number): () => Promise<void> {
  return async () => {
    for (let turns = Math.floor(random() * 4); turns > 0; turns--) await new Promise(setImmediate);
  };
}

/** A bucket on one machine: tells how many of the requests it is shown it would have refused. */
function anIdealBucket(limits: BucketLimits) {
  let bucket = fullBucket(limits, 0);
  const ideal = {
    admitted: 0,
    refused: 0,
    show(nowMs: number) {
      const { lease, state } = leaseFrom(bucket, limits, { needed: 1, spare: 0 }, nowMs);
      bucket = state;
      if (lease.granted === 1) ideal.admitted += 1;
      else ideal.refused += 1;
    },
  };
  return ideal;
}

const admittedOf = (taken: readonly { admitted: boolean }[]) => taken.filter((t) => t.admitted).length;

describe('exactness', () => {
  it.each([
    [1, 10],
    [3, 100],
    [5, 1_000],
    [8, 10_000],
  ])('%d processes admit the whole capacity of %d and not one more', async (processes, capacity) => {
    const limits = { capacity, windowSeconds: 86_400 };
    const { buckets } = aCluster(processes, {}, jitter(aRandom(capacity)));
    let admitted = 0;
    for (let round = 0; round < 400; round++) {
      const taken = await Promise.all(
        buckets.flatMap((one) => Array.from({ length: 20 }, () => one.take('client', limits))),
      );
      admitted += admittedOf(taken);
    }
    await Promise.all(buckets.map((one) => one.release()));
    for (const one of buckets) {
      while ((await one.take('client', limits)).admitted) admitted += 1;
    }
    expect(admitted).toBe(capacity);
  });

  it('lets one process have all of it while the others are idle', async () => {
    const { buckets, sut } = aCluster(4);
    await Promise.all(buckets.map((one) => one.take('client', daily)));
    let admitted = buckets.length;
    while ((await sut.take('client', daily)).admitted) admitted += 1;
    expect(admitted).toBe(10_000);
  });

  /**
   * The strict test: an ideal bucket on one machine sees every admitted request at the moment it is admitted, and
   * must have a token for it. Traffic comes in bursts and pauses, so that leases are held over a full bucket.
   */
  it.each([
    ['a day', { capacity: 10_000, windowSeconds: 86_400 }, 40_000],
    ['a busy day', { capacity: 1_000_000_000, windowSeconds: 86_400 }, 20],
    ['a minute', { capacity: 3_000, windowSeconds: 60 }, 400],
    ['a second', { capacity: 500, windowSeconds: 1 }, 30],
  ])('never admits what an ideal bucket would refuse, over %s', async (_name, limits, longestPauseMs) => {
    const random = aRandom(limits.capacity);
    const { buckets, clock } = aCluster(3);
    const ideal = anIdealBucket(limits);
    for (let burst = 0; burst < 400; burst++) {
      for (let left = Math.floor(random() ** 3 * 150); left > 0; left--) {
        const one = buckets[Math.floor(random() * buckets.length)];
        if ((await one?.take('client', limits))?.admitted) ideal.show(clock.nowMs);
      }
      clock.nowMs += random() < 0.5 ? random() * 5 : random() ** 4 * longestPauseMs;
      if (random() < 0.5) await Promise.all(buckets.map((one) => one.sweep()));
    }
    expect(ideal.refused).toBe(0);
    expect(ideal.admitted).toBeGreaterThan(1_000);
  });

  it.each([100, 500, 999, 1_100, 2_000, 2_600, 4_000])(
    'never doubles tokens that were held for %d ms over a bucket that filled up meanwhile',
    async (pauseMs) => {
      const limits = { capacity: 6_400, windowSeconds: 64 };
      const { buckets, clock } = aCluster(4);
      const ideal = anIdealBucket(limits);
      const drain = async (requestsEach: number) => {
        for (const one of buckets) {
          for (let i = 0; i < requestsEach; i++) {
            if (!(await one.take('client', limits)).admitted) break;
            ideal.show(clock.nowMs);
          }
        }
      };
      for (let round = 0; round < 3; round++) {
        // A little less than the refill: the bucket stays nearly full, while each process keeps a lease.
        for (let i = 0; i < 20; i++) {
          clock.nowMs += 390;
          await drain(9);
        }
        clock.nowMs += pauseMs;
        await drain(Infinity);
        clock.nowMs += 200_000;
        await Promise.all(buckets.map((one) => one.sweep()));
      }
      expect(ideal.refused).toBe(0);
    },
  );

  it('refills evenly: over a day a greedy client gets the capacity and the refill of the day', async () => {
    const limits = { capacity: 1_000, windowSeconds: 86_400 };
    const { buckets, clock } = aCluster(2);
    let admitted = 0;
    for (let second = 0; second <= 86_400; second += 10) {
      clock.nowMs = second * 1_000;
      for (const one of buckets) admitted += admittedOf([await one.take('client', limits)]);
      await Promise.all(buckets.map((one) => one.sweep()));
    }
    expect(admitted).toBeLessThanOrEqual(2_000);
    expect(admitted).toBeGreaterThanOrEqual(1_998);
  });
});

describe('queries', () => {
  it('are few for a busy client', async () => {
    const { sut, store, clock } = aCluster(1);
    for (let i = 0; i < 8_000; i++) {
      clock.nowMs += 1;
      await sut.take('client', daily);
    }
    expect(store.leases.length).toBeLessThan(300);
  });

  it('are few for a busy client whose bucket is always full', async () => {
    const { sut, store, clock } = aCluster(1);
    for (let i = 0; i < 10_000; i++) {
      clock.nowMs += 1;
      await sut.take('client', { capacity: 1_000_000_000, windowSeconds: 86_400 });
    }
    expect(store.leases.length + store.returned.length).toBeLessThan(60);
  });

  it('are one for each request of a slow client, which keeps no tokens', async () => {
    const { sut, store, clock } = aCluster(1);
    for (let i = 0; i < 10; i++) {
      clock.nowMs += 5_000;
      await sut.take('client', daily);
      await sut.sweep();
    }
    expect(store.leases).toHaveLength(10);
    expect(store.returned).toHaveLength(0);
  });

  it('are one at a time for a client, and serve all who wait', async () => {
    const { sut, store } = aCluster(1, {}, jitter(aRandom(1)));
    const taken = await Promise.all(Array.from({ length: 50 }, () => sut.take('client', daily)));
    expect(admittedOf(taken)).toBe(50);
    expect(store.leases.map(({ request }) => request.needed)).toEqual([1, 49]);
  });

  it('are not made for a client that was just found empty', async () => {
    const { sut, store, clock } = aCluster(1);
    const limits = { capacity: 2, windowSeconds: 2 };
    await sut.take('client', limits);
    await sut.take('client', limits);
    for (clock.nowMs = 0; clock.nowMs < 1_000; clock.nowMs += 1) {
      expect((await sut.take('client', limits)).admitted).toBe(false);
    }
    expect(store.leases).toHaveLength(2);
    expect((await sut.take('client', limits)).admitted).toBe(true);
  });

  it('are made again after a second for an empty client, as others may have given back', async () => {
    const { sut, store, clock } = aCluster(1);
    const limits = { capacity: 1, windowSeconds: 86_400 };
    await sut.take('client', limits);
    clock.nowMs = 999;
    expect(await sut.take('client', limits)).toEqual({ admitted: false, remaining: 0, nextTokenInMs: 86_399_001 });
    await store.giveBack('client', 1);
    clock.nowMs = 1_000;
    expect((await sut.take('client', limits)).admitted).toBe(true);
  });
});

describe('what the client is told', () => {
  it('is the number of tokens left and the time to the next one', async () => {
    const { sut, clock } = aCluster(1);
    for (let i = 1; i <= 500; i++) {
      expect(await sut.take('client', daily)).toEqual({ admitted: true, remaining: 10_000 - i, nextTokenInMs: 8_640 });
    }
    clock.nowMs = 640;
    expect(await sut.take('client', daily)).toEqual({ admitted: true, remaining: 9_499, nextTokenInMs: 8_000 });
  });

  it('follows a change of limits at once', async () => {
    const { sut } = aCluster(1);
    const small = { capacity: 1, windowSeconds: 60 };
    await sut.take('client', small);
    expect((await sut.take('client', small)).admitted).toBe(false);
    expect((await sut.take('client', { capacity: 100, windowSeconds: 60 })).admitted).toBe(false);
    expect((await sut.take('client', small)).admitted).toBe(false);
  });
});

describe('tokens in hand', () => {
  async function heat(sut: LeasedBuckets, limits = daily, key = 'client') {
    for (let i = 0; i < 40; i++) await sut.take(key, limits);
  }
  const stored = (store: InMemoryLeaseStore, key = 'client') => Math.round(store.buckets.get(key)?.tokens ?? NaN);

  it('go back when the client is idle, and the client is forgotten', async () => {
    const { sut, store, clock } = aCluster(1);
    await heat(sut);
    expect(stored(store)).toBeLessThan(9_960);
    await sut.sweep();
    expect(store.returned).toHaveLength(0);
    clock.nowMs = leaseMs(daily);
    await sut.sweep();
    expect(stored(store)).toBe(9_960);
    await sut.sweep();
    expect(sut.size).toBe(0);
  });

  it('go back by themselves with a real clock', async () => {
    const store = new InMemoryLeaseStore(() => performance.now());
    const sut = new LeasedBuckets(store, { sweepEveryMs: 5 });
    await heat(sut, { capacity: 10_000, windowSeconds: 10 });
    while (store.returned.length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    await sut.release();
    expect(store.returned[0]?.tokens).toBeGreaterThan(0);
  });

  it('are not spent after their lease, also when nobody swept', async () => {
    const { sut, store, clock } = aCluster(1);
    await heat(sut);
    clock.nowMs = 1_500;
    await sut.take('client', daily);
    expect(store.returned).toHaveLength(1);
    expect(stored(store)).toBeGreaterThanOrEqual(9_960 - 1 - 16);
  });

  it('are dropped, not returned, when the bucket may have been refilled past them', async () => {
    const { sut, store, clock } = aCluster(1);
    await heat(sut);
    clock.nowMs = 60_000;
    await sut.sweep();
    expect(store.returned).toHaveLength(0);
    expect((await sut.take('client', daily)).remaining).toBeLessThanOrEqual(9_966);
  });

  it('all go back at the end, also those of a lease still under way', async () => {
    const { sut, store } = aCluster(1, {}, jitter(aRandom(3)));
    await heat(sut, daily, 'one');
    await heat(sut, daily, 'two');
    const late = Array.from({ length: 30 }, () => sut.take('two', daily));
    await sut.release();
    await Promise.all(late);
    expect([stored(store, 'one'), stored(store, 'two')]).toEqual([9_960, 9_930]);
    expect((await sut.take('one', daily)).admitted).toBe(true);
    expect(stored(store, 'one')).toBe(9_959);
  });

  it('are not kept when the store answers later than a lease runs', async () => {
    let storeTakesMs = 0;
    const { sut, store, clock } = aCluster(1, {}, async () => {
      clock.nowMs += storeTakesMs;
    });
    await heat(sut);
    storeTakesMs = 600;
    await Promise.all(Array.from({ length: 60 }, () => sut.take('client', daily)));
    expect(store.returned).toEqual([{ key: 'client', tokens: 64 }]);
    expect(stored(store)).toBe(9_900);
  });

  it('are lost, and said to be, when they cannot be given back', async () => {
    const failed: unknown[] = [];
    const { sut, store, clock } = aCluster(1, { onGiveBackFailed: (error, key) => failed.push([error, key]) });
    await heat(sut);
    store.failure = new Error('away');
    clock.nowMs = 1_200;
    await sut.sweep();
    await sut.sweep();
    expect(failed).toEqual([[store.failure, 'client']]);
  });
});

describe('memory', () => {
  it('is bounded: the client not seen for longest is forgotten and its tokens go back', async () => {
    const { sut, store } = aCluster(1, { maxClients: 3 });
    for (const key of ['a', 'b', 'c']) for (let i = 0; i < 25; i++) await sut.take(key, daily);
    await sut.take('a', daily);
    for (const key of ['d', 'e']) await sut.take(key, daily);
    expect(sut.size).toBe(3);
    expect(store.returned.map(({ key }) => key).sort()).toEqual(['b', 'c']);
  });

  it('never loses a client that requests wait for', async () => {
    const { sut } = aCluster(1, { maxClients: 2 }, jitter(aRandom(5)));
    const limits = { capacity: 5, windowSeconds: 86_400 };
    const keys = Array.from({ length: 60 }, (_, i) => `client-${i % 20}`);
    const taken = await Promise.all(keys.map((key) => sut.take(key, limits)));
    expect(admittedOf(taken)).toBe(60);
    await sut.take('another', limits);
    expect(sut.size).toBe(2);
  });
});

describe('a store that is away', () => {
  it('fails every request that waits, and is asked again by the next', async () => {
    const { sut, store } = aCluster(1);
    store.failure = new Error('away');
    const results = await Promise.allSettled(Array.from({ length: 3 }, () => sut.take('client', daily)));
    expect(results.map((result) => result.status)).toEqual(['rejected', 'rejected', 'rejected']);
    store.failure = undefined;
    expect(await sut.take('client', daily)).toMatchObject({ admitted: true, remaining: 9_999 });
  });
});

describe('a clock that jumps back', () => {
  it('neither keeps an empty client waiting nor a lease alive', async () => {
    const clock = { nowMs: 1_000_000 };
    const server = { nowMs: 0 };
    const store = new InMemoryLeaseStore(() => server.nowMs);
    const sut = new LeasedBuckets(store, { now: () => clock.nowMs, sweepEveryMs: 0 });
    const limits = { capacity: 1, windowSeconds: 60 };
    await sut.take('client', limits);
    clock.nowMs = 500;
    expect((await sut.take('client', limits)).admitted).toBe(false);
    clock.nowMs += 60_000;
    server.nowMs += 60_000;
    expect((await sut.take('client', limits)).admitted).toBe(true);
  });
});
