import fc from 'fast-check';
import { mannWhitney } from './mann-whitney';
import { seededRandom } from './random';
import { logNormal } from './support/draws';

describe('published examples', () => {
  it("Hollander and Wolfe's permeability constants, as in R's manual of wilcox.test", () => {
    const term = [0.8, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46];
    const early = [1.15, 0.88, 0.9, 0.74, 1.21];
    const { u, pValue } = mannWhitney(term, early);
    expect(u).toBe(35);
    // R gives the one-sided 0.1272.
    expect(pValue / 2).toBeCloseTo(0.1272, 4);
  });

  it("ages at a diagnosis, as in SciPy's manual of mannwhitneyu", () => {
    const { u, pValue } = mannWhitney([19, 22, 16, 29, 24], [20, 11, 17, 12]);
    expect(u).toBe(17);
    expect(pValue).toBeCloseTo(0.111_111_111_111, 9);
  });

  it("ozone in May and August, with ties, as in R's manual of wilcox.test", () => {
    const may = [41, 36, 12, 18, 28, 23, 19, 8, 7, 16, 11, 14, 18, 14, 34, 6, 30, 11, 1, 11, 4, 32, 23, 45, 115, 37];
    const august = [
      39, 9, 16, 78, 35, 66, 122, 89, 110, 44, 28, 65, 22, 59, 23, 31, 44, 21, 9, 45, 168, 73, 76, 118, 84, 85,
    ];
    const { u, pValue } = mannWhitney(may, august);
    expect(u).toBe(127.5);
    expect(pValue).toBeCloseTo(0.000_120_8, 7);
  });

  /** Critical values of U at 5 %, two-sided, as in the tables of textbooks: significant at it, and no longer above. */
  it.each([
    [4, 5, 1],
    [5, 5, 2],
    [6, 6, 5],
    [7, 7, 8],
    [8, 8, 13],
    [5, 10, 8],
    [10, 10, 23],
    [12, 12, 37],
    [15, 15, 64],
    [10, 20, 55],
    [20, 20, 127],
  ])('the critical value of %d and %d is %d', (n, m, critical) => {
    expect(pValueAt(n, m, critical)).toBeLessThanOrEqual(0.05);
    expect(pValueAt(n, m, critical + 1)).toBeGreaterThan(0.05);
  });
});

/** The p-value of two samples without ties that are n and m long, and whose U is this. */
function pValueAt(n: number, m: number, u: number): number {
  // The first value stands above `over` of the second sample's; each of the others above m at most.
  const first: number[] = [];
  let left = u;
  for (let index = 0; index < n; index++) {
    const over = Math.min(m, left);
    left -= over;
    first.push(over - 0.5 + index / (2 * n));
  }
  const second = Array.from({ length: m }, (_, index) => index);
  const seen = mannWhitney(first, second);
  expect(seen.u).toBe(u);
  return seen.pValue;
}

it('counts pairs, ties by halves, whichever way round, at any scale', () => {
  const sample = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 30 });
  fc.assert(
    fc.property(sample, sample, (first, second) => {
      const pairs = first.flatMap((a) => second.map((b): number => (a > b ? 1 : a === b ? 0.5 : 0)));
      const seen = mannWhitney(first, second);
      const turned = mannWhitney(second, first);
      expect(seen.u).toBeCloseTo(
        pairs.reduce((sum, pair) => sum + pair, 0),
        9,
      );
      expect(seen.u + turned.u).toBeCloseTo(first.length * second.length, 9);
      expect(turned.pValue).toBeCloseTo(seen.pValue, 12);
      expect(seen.pValue).toBeGreaterThan(0);
      expect(seen.pValue).toBeLessThanOrEqual(1);
      const scaled = mannWhitney(
        first.map((value) => value * 7 + 1),
        second.map((value) => value * 7 + 1),
      );
      expect(scaled).toEqual(seen);
    }),
    { seed: 20_261_125 },
  );
});

it('approximates closely where it no longer counts', () => {
  const random = seededRandom(4);
  for (let round = 0; round < 50; round++) {
    const [first, second] = [logNormal(random, 25, 1, 0.5), logNormal(random, 25, 1.2, 0.5)];
    const exact = mannWhitney(first, second).pValue;
    // One tie, between the two lowest values of one sample, changes next to nothing but the method.
    const [lowest = 0, next = 0] = [...first].sort((a, b) => a - b);
    const tied = mannWhitney(
      first.map((value) => (value === next ? lowest : value)),
      second,
    ).pValue;
    if (second.some((value) => value > lowest && value < next)) continue;
    expect(Math.abs(tied - exact)).toBeLessThan(0.01);
  }
});

it('can tell nothing from an empty sample, or from values that are all the same', () => {
  expect(mannWhitney([], [1, 2])).toEqual({ u: 0, pValue: 1 });
  expect(mannWhitney([3, 3, 3], [3, 3])).toEqual({ u: 3, pValue: 1 });
});

/** 4,000 rounds: the share of rejections has a standard error of 0.35 % if the truth is 5 %. */
it.each([
  ['counted out', 12, 15, (value: number) => value],
  ['approximated', 60, 40, (value: number) => value],
  ['approximated, full of ties', 60, 40, (value: number) => Math.round(value * 4)],
])('tells two runs of the same apart about once in twenty, %s', (_how, n, m, seenAs) => {
  const random = seededRandom(n);
  let rejected = 0;
  for (let round = 0; round < 4_000; round++) {
    const [first, second] = [logNormal(random, n, 1, 0.5), logNormal(random, m, 1, 0.5)];
    if (mannWhitney(first.map(seenAs), second.map(seenAs)).pValue < 0.05) rejected += 1;
  }
  expect(rejected / 4_000).toBeGreaterThan(0.038);
  expect(rejected / 4_000).toBeLessThan(0.061);
});
