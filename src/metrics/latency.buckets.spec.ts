import { bucketOf, LATENCY_BOUNDS, PROMISED_LATENCY, quantileOf } from './latency.buckets';

it('has ascending bounds, what is promised among them, and none more than a fifth above the one before', () => {
  for (const [at, bound] of LATENCY_BOUNDS.entries()) {
    const before = LATENCY_BOUNDS[at - 1];
    if (before === undefined) continue;
    expect(bound).toBeGreaterThan(before);
    expect(bound / before).toBeLessThan(1.21);
  }
  expect(LATENCY_BOUNDS).toEqual(expect.arrayContaining(Object.values(PROMISED_LATENCY)));
});

it('puts a duration under the first bound that it does not pass', () => {
  expect(LATENCY_BOUNDS[bucketOf(0.1)]).toBe(0.1);
  expect(LATENCY_BOUNDS[bucketOf(0.100_01)]).toBeGreaterThan(0.1);
  expect(bucketOf(0)).toBe(0);
  expect(bucketOf(1e9)).toBe(LATENCY_BOUNDS.length);
});

it('never tells a quantile better than it was', () => {
  const counts = Array.from({ length: LATENCY_BOUNDS.length + 1 }, () => 0);
  const durations = Array.from({ length: 100 }, (_, n) => (n + 1) / 1_000);
  for (const seconds of durations) counts[bucketOf(seconds)] = (counts[bucketOf(seconds)] ?? 0) + 1;
  for (const [share, exact] of [
    [0.5, 0.05],
    [0.95, 0.095],
    [0.99, 0.099],
  ] as const) {
    const told = quantileOf(counts, share) ?? NaN;
    expect(told).toBeGreaterThanOrEqual(exact);
    expect(told).toBeLessThanOrEqual(exact * 1.21);
  }
  expect(quantileOf([], 0.5)).toBeNull();
  expect(quantileOf([...LATENCY_BOUNDS.map(() => 0), 1], 0.5)).toBe(Infinity);
});
