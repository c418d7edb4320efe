import {
  fullBucket,
  leaseFrom,
  leaseMs,
  msPerToken,
  msUntilNextToken,
  refill,
  returnTo,
  turnMs,
  type BucketLimits,
  type BucketState,
} from './token-bucket';

const daily: BucketLimits = { capacity: 10_000, windowSeconds: 86_400 };
const one = { needed: 1, spare: 0 };

function spend(state: BucketState, limits: BucketLimits, count: number, nowMs: number): BucketState {
  return leaseFrom(state, limits, { needed: count, spare: 0 }, nowMs).state;
}

describe('a token bucket', () => {
  it('starts full and grants exactly its capacity at once', () => {
    const { lease, state } = leaseFrom(fullBucket(daily, 0), daily, { needed: 10_001, spare: 0 }, 0);
    expect(lease).toEqual({ granted: 10_000, remaining: 0, nextTokenInMs: 8_640 });
    expect(leaseFrom(state, daily, one, 0).lease.granted).toBe(0);
  });

  it('is refilled evenly: a token every window / capacity', () => {
    expect(msPerToken(daily)).toBe(8_640);
    let state = spend(fullBucket(daily, 0), daily, 10_000, 0);
    for (let token = 1; token <= 2_000; token++) {
      const dueMs = token * 8_640;
      expect(leaseFrom(state, daily, one, dueMs - 1).lease.granted).toBe(0);
      const { state: next, lease } = leaseFrom(state, daily, one, dueMs);
      expect(lease.granted).toBe(1);
      state = next;
    }
  });

  it.each([
    [3, 1],
    [7, 60],
    [1_000, 3_600],
    [1_000_000, 1],
  ])('holds a token when it said that it would: %d in %d s', (capacity, windowSeconds) => {
    const limits = { capacity, windowSeconds };
    let state = spend(fullBucket(limits, 0), limits, capacity, 0);
    let nowMs = 0;
    for (let i = 0; i < 500; i++) {
      nowMs += msUntilNextToken(state, limits);
      const { state: next, lease } = leaseFrom(state, limits, one, nowMs);
      expect(lease.granted).toBe(1);
      state = next;
    }
  });

  it('is never refilled above its capacity', () => {
    const state = spend(fullBucket(daily, 0), daily, 5, 0);
    expect(refill(state, daily, 10 * 86_400_000).tokens).toBe(10_000);
  });

  it('gains nothing from a clock that goes back and comes again', () => {
    let state = spend(fullBucket(daily, 0), daily, 10_000, 0);
    state = refill(state, daily, 86_400);
    for (let i = 0; i < 20; i++) {
      state = refill(state, daily, 0);
      state = refill(state, daily, 86_400);
    }
    expect(state.tokens).toBeCloseTo(10, 9);
  });

  it('follows new limits: trimmed to a smaller capacity, refilled up to a larger one', () => {
    const state = fullBucket(daily, 0);
    expect(refill(state, { capacity: 10, windowSeconds: 60 }, 1).tokens).toBe(10);
    expect(refill(state, { capacity: 20_000, windowSeconds: 86_400 }, 8_640).tokens).toBe(10_002);
  });
});

describe('spare tokens', () => {
  it('are a 64th of what is left at most, and none near the end', () => {
    const full = fullBucket(daily, 0);
    expect(leaseFrom(full, daily, { needed: 16, spare: 9_999 }, 0).lease.granted).toBe(16 + 156);
    const near = spend(full, daily, 10_000 - 64, 0);
    expect(leaseFrom(near, daily, { needed: 1, spare: 50 }, 0).lease).toMatchObject({ granted: 1, remaining: 63 });
  });

  it('keep their place in the bucket while they may be spent', () => {
    const fast: BucketLimits = { capacity: 6_400, windowSeconds: 64 };
    const { state } = leaseFrom(fullBucket(fast, 0), fast, { needed: 0, spare: 100 }, 0);
    const justBefore = leaseMs(fast) - 1;
    expect(refill(state, fast, justBefore).tokens).toBe(6_300);
    expect(refill(returnTo(state, 100), fast, justBefore).tokens).toBe(6_400);
    // Long after, whatever became of them, the bucket is full again.
    expect(refill(state, fast, 3 * turnMs(fast)).tokens).toBe(6_400);
  });

  it('are counted for at least a turn, however often the bucket is asked', () => {
    const fast: BucketLimits = { capacity: 6_400, windowSeconds: 64 };
    const grantedAtMs = turnMs(fast) * 0.9;
    let state = leaseFrom(fullBucket(fast, 0), fast, { needed: 0, spare: 100 }, grantedAtMs).state;
    for (let nowMs = grantedAtMs; nowMs < grantedAtMs + turnMs(fast); nowMs += 10) {
      state = refill(state, fast, nowMs);
      expect(state.tokens).toBe(6_300);
    }
    state = refill(state, fast, grantedAtMs + 2 * turnMs(fast));
    state = refill(state, fast, grantedAtMs + 2 * turnMs(fast) + 1_000);
    expect(state.tokens).toBe(6_400);
  });
});
