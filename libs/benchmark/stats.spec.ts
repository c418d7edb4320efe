import { nearestRank, statsOf } from './stats';

it('knows the rank of a percentile, also where floating point is off by a hair', () => {
  for (let count = 1; count <= 20_000; count++) {
    for (const percent of [1, 7, 50, 95, 99, 100]) {
      const exact = Number((BigInt(percent) * BigInt(count) + 99n) / 100n);
      if (nearestRank(percent / 100, count) !== exact) throw new Error(`${percent} % of ${count}`);
    }
  }
  expect(nearestRank(0, 5)).toBe(1);
});

it('tells the statistics of seconds, in whatever order they came', () => {
  const seconds = Array.from({ length: 100 }, (_, index) => ((index * 37) % 100) + 1);
  expect(statsOf(seconds)).toEqual({
    count: 100,
    min: 1,
    max: 100,
    mean: 50.5,
    median: 50,
    p95: 95,
    p99: 99,
    stdev: expect.closeTo(29.011_491_975_882, 9) as number,
  });
});

it('has no spread for one duration, and nothing to say about none', () => {
  expect(statsOf([2])).toEqual({ count: 1, min: 2, max: 2, mean: 2, median: 2, p95: 2, p99: 2, stdev: 0 });
  expect(statsOf([])).toBeUndefined();
});
