import { compare, type CompareOptions, type Measured } from './compare';
import { seededRandom } from './random';
import { statsOf } from './stats';
import { logNormal } from './support/draws';

const stats: Measured = { count: 10, min: 1, max: 8, mean: 4, median: 3, p95: 6, p99: 7, stdev: 1 };

function measured(samples: readonly number[]): Measured {
  const of = statsOf(samples);
  if (!of) throw new Error('no samples');
  return { ...of, samples };
}

/** Two runs whose times differ by this factor, and the verdict on them. */
function verdictOn(random: () => number, { count, factor, spread = 0.2 }: Run, options?: CompareOptions) {
  const [before, after] = [logNormal(random, count, 0.01, spread), logNormal(random, count, 0.01 * factor, spread)];
  return compare('a', measured(before), measured(after), options);
}
interface Run {
  readonly count: number;
  readonly factor: number;
  readonly spread?: number;
}

/** How often each verdict is given on two runs like that. */
function verdicts(rounds: number, run: Run) {
  const random = seededRandom(rounds + run.count);
  const share = { improved: 0, regressed: 0, unchanged: 0, inconclusive: 0 };
  for (let round = 0; round < rounds; round++) share[verdictOn(random, run).verdict] += 1 / rounds;
  return share;
}

describe('without samples', () => {
  it('sets the figures side by side, and concludes nothing', () => {
    const after = { ...stats, mean: 2, median: 3, p95: 9, p99: 14 };
    expect(compare('a', stats, after)).toEqual({
      name: 'a',
      mean: { before: 4, after: 2, improvement_pct: 50, faster: true },
      median: { before: 3, after: 3, improvement_pct: 0, faster: false },
      p95: { before: 6, after: 9, improvement_pct: -50, faster: false },
      p99: { before: 7, after: 14, improvement_pct: -100, faster: false },
      max: { before: 8, after: 8, improvement_pct: 0, faster: false },
      verdict: 'inconclusive',
      reason: 'no samples to compare',
    });
    expect(compare('a', measured([1, 2]), stats)).not.toHaveProperty('p_value');
  });

  it('has no percentage of nothing', () => {
    const nothing = { ...stats, mean: 0, max: 0 };
    expect(compare('a', nothing, stats).mean).toMatchObject({ improvement_pct: null, faster: false });
    expect(compare('a', nothing, nothing).mean).toMatchObject({ improvement_pct: 0, faster: false });
  });
});

describe('with samples', () => {
  it('gives a p-value, intervals and a verdict, the same each time', () => {
    const comparison = verdictOn(seededRandom(1), { count: 500, factor: 0.8 });
    expect(comparison).toMatchObject({ confidence: 0.95, verdict: 'improved' });
    expect(comparison.p_value).toBeLessThan(1e-6);
    const [low, high] = comparison.mean.interval_pct ?? [];
    expect(low).toBeGreaterThan(15);
    expect(high).toBeLessThan(25);
    expect(comparison.p99.interval_pct).toHaveLength(2);
    expect(comparison.max).not.toHaveProperty('interval_pct');
    expect(verdictOn(seededRandom(1), { count: 500, factor: 0.8 })).toEqual(comparison);
  });

  it.each([
    [0.8, 'improved'],
    [1.25, 'regressed'],
    [1.001, 'unchanged'],
  ])('times of %d are %s', (factor, verdict) => {
    expect(verdictOn(seededRandom(2), { count: 2_000, factor })).toMatchObject({ verdict });
  });

  it.each([
    ['there are few of them', { count: 9, factor: 0.5 }, 'fewer than 10 samples each'],
    ['the difference may be chance', { count: 30, factor: 0.97, spread: 0.5 }, 'the difference may be chance'],
    [
      'a difference is there, but small',
      { count: 3_000, factor: 0.98 },
      'there is a difference, but it may be under 3 %',
    ],
  ])('concludes nothing where %s', (_why, run, reason) => {
    expect(verdictOn(seededRandom(3), run)).toMatchObject({ verdict: 'inconclusive', reason });
  });

  it('takes another smallest effect and another alpha', () => {
    const run = { count: 3_000, factor: 0.98 };
    expect(verdictOn(seededRandom(3), run, { smallestEffectPct: 1 })).toMatchObject({ verdict: 'improved' });
    expect(verdictOn(seededRandom(3), run, { smallestEffectPct: 5 })).toMatchObject({ verdict: 'unchanged' });
    expect(verdictOn(seededRandom(3), run, { alpha: 0.01 })).toMatchObject({ confidence: 0.99 });
  });

  it('does not call faster what has a worse tail, nor unchanged what has another one', () => {
    const random = seededRandom(5);
    const before = logNormal(random, 2_000, 0.01, 0.1);
    const tailed = (factor: number, tail: number) =>
      logNormal(random, 2_000, 0.01 * factor, 0.1).map((value, index) => (index % 50 === 0 ? value * tail : value));
    expect(compare('a', measured(before), measured(tailed(0.8, 3)))).toMatchObject({
      verdict: 'inconclusive',
      reason: 'the slowest calls went another way than the mean',
    });
    expect(compare('a', measured(before), measured(tailed(1, 1.6)))).toMatchObject({
      verdict: 'inconclusive',
      reason: 'the mean is unchanged, but the slowest calls are not',
    });
    expect(compare('a', measured(before), measured(tailed(0.9, 30)))).toMatchObject({
      verdict: 'inconclusive',
      reason: 'most calls went one way and the mean the other',
    });
  });

  it('does not call faster what is so in a few calls only, and by ranks is not', () => {
    const random = seededRandom(6);
    const tailed = (tail: number) =>
      logNormal(random, 2_000, 0.01, 0.1).map((value, index) => (index % 25 === 0 ? value * tail : value));
    const comparison = compare('a', measured(tailed(10)), measured(tailed(5)));
    expect(comparison.mean.interval_pct?.[0]).toBeGreaterThan(3);
    expect(comparison).toMatchObject({ verdict: 'inconclusive', reason: 'the difference may be chance' });
  });

  it('says that a clock is too coarse where it saw no time at all', () => {
    const nothing = Array.from({ length: 50 }, () => 0);
    expect(compare('a', measured(nothing), measured(nothing.map(() => 1)))).toMatchObject({
      verdict: 'inconclusive',
      reason: 'the clock is too coarse for these times',
    });
  });

  it.each([NaN, Infinity, -1])('does not take %p for a time', (wrong) => {
    expect(() => compare('a', measured([1, 2]), { ...stats, samples: [1, wrong] })).toThrow(RangeError);
  });
});

describe('simulated', () => {
  it.each([
    [12, 0.2],
    [40, 0.2],
    [40, 0.6],
    [200, 0.2],
  ])('sees a change between two runs of the same less than once in twenty: %d samples, spread %d', (count, spread) => {
    const share = verdicts(200, { count, factor: 1, spread });
    expect(share.improved + share.regressed).toBeLessThan(0.075);
  });

  it('sees a change of 10 % with a few hundred samples, and never the wrong way', () => {
    const faster = verdicts(100, { count: 200, factor: 0.9 });
    expect(faster.improved).toBeGreaterThan(0.95);
    expect(faster.regressed + faster.unchanged).toBe(0);
    const slower = verdicts(100, { count: 200, factor: 1.1 });
    expect(slower.regressed).toBeGreaterThan(0.95);
    expect(slower.improved + slower.unchanged).toBe(0);
  });

  it('rarely sees one with few samples that vary, and says so', () => {
    const share = verdicts(100, { count: 15, factor: 0.97, spread: 0.4 });
    expect(share.inconclusive).toBeGreaterThan(0.85);
  });

  it('shows that nothing changed, given samples enough, and seldom so where a change just matters', () => {
    expect(verdicts(40, { count: 600, factor: 1, spread: 0.15 }).unchanged).toBeGreaterThan(0.8);
    expect(verdicts(60, { count: 600, factor: 0.97, spread: 0.15 }).unchanged).toBeLessThan(0.1);
  });
});
