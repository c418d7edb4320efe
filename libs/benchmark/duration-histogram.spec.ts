import { seededRandom } from './random';
import fc from 'fast-check';
import { DurationHistogram } from './duration-histogram';
import { statsOf } from './stats';

const durations = fc.array(
  fc.oneof(
    fc.double({ min: 1e-9, max: 7_200, noNaN: true }),
    fc.integer({ min: 1, max: 1_000 }).map((ms) => ms / 1_000),
  ),
  { minLength: 1, maxLength: 200 },
);

function histogramOf(seconds: readonly number[]): DurationHistogram {
  const histogram = new DurationHistogram();
  for (const one of seconds) histogram.record(one);
  return histogram;
}

/** Within `share` of the other value; a spread that is nothing beside the values may come out as nothing. */
function expectNear(seen: number | undefined, exact: number | undefined, share: number, beside = 0): void {
  const [a, b] = [seen ?? NaN, exact ?? NaN];
  expect(Math.abs(a - b)).toBeLessThanOrEqual(share * Math.abs(b) + 1e-9 * beside + Number.MIN_VALUE);
}

it('agrees with the exact statistics: percentiles to 0.1 %, all else to rounding', () => {
  fc.assert(
    fc.property(durations, (seconds) => {
      const seen = histogramOf(seconds).stats();
      const exact = statsOf(seconds);
      expect(seen).toMatchObject({ count: exact?.count, min: exact?.min, max: exact?.max });
      for (const figure of ['median', 'p95', 'p99'] as const) expectNear(seen?.[figure], exact?.[figure], 0.001);
      expectNear(seen?.mean, exact?.mean, 1e-12);
      expectNear(seen?.stdev, exact?.stdev, 1e-9, exact?.max);
    }),
    { seed: 20_261_125 },
  );
});

it('is the same whether durations are recorded in one process or in several that are added up', () => {
  fc.assert(
    fc.property(durations, durations, durations, (first, second, third) => {
      const sum = histogramOf(first);
      for (const part of [second, third]) {
        const sent = JSON.stringify(histogramOf(part));
        sum.merge(DurationHistogram.from(JSON.parse(sent) as never));
      }
      const one = histogramOf([...first, ...second, ...third]);
      expect(sum.toJSON().buckets).toEqual(one.toJSON().buckets);
      const [seen, exact] = [sum.stats(), one.stats()];
      expect(seen).toMatchObject({ count: exact?.count, min: exact?.min, max: exact?.max, p99: exact?.p99 });
      expectNear(seen?.mean, exact?.mean, 1e-12);
      expectNear(seen?.stdev, exact?.stdev, 1e-9, exact?.max);
    }),
    { seed: 20_261_125 },
  );
});

it('is the very same once added to an empty one, to the last bit', () => {
  fc.assert(
    fc.property(durations, (seconds) => {
      const copy = new DurationHistogram();
      copy.merge(histogramOf(seconds));
      expect(copy.toJSON()).toEqual(histogramOf(seconds).toJSON());
    }),
    { seed: 20_261_125 },
  );
});

it('has no statistics of nothing, and passes nothing on', () => {
  const empty = new DurationHistogram();
  expect(empty.stats()).toBeUndefined();
  const sum = histogramOf([1, 2]);
  sum.merge(DurationHistogram.from(empty.toJSON()));
  expect(sum.stats()).toEqual(histogramOf([1, 2]).stats());
});

it('counts what its buckets do not reach in the outermost ones, and knows the extremes all the same', () => {
  const seen = histogramOf([-1, 0, 1e-12, 1e6]).stats();
  expect(seen).toMatchObject({ count: 4, min: 0, max: 1e6 });
  expect(seen?.median).toBeLessThan(1e-9);
  expect(seen?.p99).toBeGreaterThan(8_000);
});

it.each([NaN, Infinity, -Infinity])('leaves %p out', (value) => {
  expect(histogramOf([1, value, 3]).stats()).toEqual(histogramOf([1, 3]).stats());
});

it('can be added to itself', () => {
  const histogram = histogramOf([1, 2, 4]);
  histogram.merge(histogram);
  expect(histogram.stats()).toMatchObject({ count: 6, mean: 7 / 3, min: 1, max: 4 });
  expect(histogram.toJSON().buckets.filter((_, at) => at % 2 === 1)).toEqual([2, 2, 2]);
});

it.each([
  ['buckets out of order', { buckets: [5, 1, -1, 1] }],
  ['a bucket twice', { buckets: [5, 1, 0, 1] }],
  ['a bucket past the last one', { buckets: [5, 1, 43 * 512, 1] }],
  ['a count that is none', { buckets: [5, 1, 1, -1] }],
  ['half a pair', { buckets: [5, 2, 1] }],
  ['a count that is not that of its buckets', { count: 3 }],
  ['a minimum above the maximum', { min: 9 }],
  ['figures that are no numbers', { mean: 'much' }],
  ['no buckets', { buckets: undefined }],
])('does not take %s', (_what, wrong) => {
  const json = { count: 2, min: 1, max: 2, mean: 1.5, squares: 0.5, buckets: [5, 1, 1, 1] };
  expect(DurationHistogram.from(json).stats()?.count).toBe(2);
  expect(() => DurationHistogram.from({ ...json, ...wrong } as never)).toThrow(TypeError);
});

describe('what is drawn from it', () => {
  it('is all of it where it is few, in order', () => {
    const sut = new DurationHistogram();
    for (const seconds of [0.3, 0.1, 0.2]) sut.record(seconds);
    const drawn = sut.sample(10, seededRandom(1));
    expect(drawn).toHaveLength(3);
    for (const [at, seconds] of [0.1, 0.2, 0.3].entries()) expect(drawn[at]).toBeCloseTo(seconds, 3);
  });

  it('is as many as were wanted, and distributed as the whole', () => {
    const sut = new DurationHistogram();
    for (let n = 1; n <= 100_000; n++) sut.record(n / 1_000);
    const drawn = sut.sample(2_000, seededRandom(3));
    expect(drawn).toHaveLength(2_000);
    for (const share of [0.1, 0.5, 0.9]) expect((drawn[share * 2_000] ?? 0) / (share * 100)).toBeCloseTo(1, 0.7);
  });
});

it('counts how many are at most so long', () => {
  const sut = new DurationHistogram();
  for (const seconds of [0.001, 0.01, 0.01, 1, 100]) sut.record(seconds);
  expect(sut.atMost([0.005, 0.05, 2])).toEqual([1, 3, 4]);
  expect(sut.sum).toBeCloseTo(101.021, 9);
});
