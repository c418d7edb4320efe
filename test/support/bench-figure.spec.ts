import { mannWhitney } from '@mira/benchmark';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chartOf } from '../../bench/support/chart';
import { compareFigures, type Figure, ratiosOf, storedFigures } from '../../bench/support/figure';

const figure = (values: readonly number[], better: Figure['better'] = 'more'): Figure => ({
  name: 'a',
  better,
  values,
});
const judged = (before: Figure, after: Figure) => compareFigures([before], [after], mannWhitney)[0]?.judgement;

describe('two runs of the bench', () => {
  const before = figure([0.4, 0.41, 0.39, 0.4, 0.42]);

  it.each([
    ['worse', figure([0.3, 0.31, 0.29, 0.32, 0.3])],
    ['better', figure([0.5, 0.51, 0.49, 0.52, 0.5])],
    ['no difference', figure([0.41, 0.4, 0.39, 0.42, 0.4])],
    ['inconclusive', figure([0.1, 0.11, 0.12])],
  ])('are %s', (expected, after) => {
    expect(judged(before, after)).toBe(expected);
  });

  it('are the other way round where less is better', () => {
    const [fast, slow] = [figure([1, 1.1, 1.2, 1.05, 1], 'less'), figure([2, 2.1, 2.2, 2.05, 2], 'less')];
    expect([judged(fast, slow), judged(slow, fast)]).toEqual(['worse', 'better']);
  });

  it('are not told apart by a difference that is sure and does not matter', () => {
    const [one, other] = [figure([1, 1.001, 1.002, 1.003, 1.004]), figure([1.01, 1.011, 1.012, 1.013, 1.014])];
    expect(judged(one, other)).toBe('no difference');
  });

  it('are compared by the figures that both have', () => {
    expect(compareFigures([{ ...before, name: 'gone' }], [before], mannWhitney)).toEqual([]);
  });
});

it('gives ratios of what was measured in one turn', () => {
  expect(ratiosOf([2, 4, 9], [1, 2], Number, Number)).toEqual([2, 2]);
});

describe('a stored run', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'mira-figures-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('is found by its file or its folder', () => {
    writeFileSync(join(folder, 'ingest.json'), JSON.stringify({ suite: 'ingest', figures: [figure([1])] }));
    expect(storedFigures(folder, 'ingest')).toEqual([figure([1])]);
    expect(storedFigures(join(folder, 'ingest.json'), 'ingest')).toEqual([figure([1])]);
  });

  it('is refused in words where it is none, or of another suite', () => {
    expect(() => storedFigures(folder, 'ingest')).toThrow(/there is no .*ingest[.]json/);
    writeFileSync(join(folder, 'x.json'), JSON.stringify({ suite: 'auth', figures: [] }));
    expect(() => storedFigures(join(folder, 'x.json'), 'ingest')).toThrow(/holds no figures of ingest/);
  });
});

it('draws a bar for each figure, longest for the largest', () => {
  const svg = chartOf('a & b', [figure([1, 2, 3]), figure([4])]);
  const widths = [...svg.matchAll(/<rect x="\d+" y="\d+" width="([\d.]+)"/g)].map(([, width]) => Number(width));
  expect(widths).toHaveLength(2);
  expect((widths[0] ?? 0) * 2).toBeCloseTo(widths[1] ?? 0, 0);
  expect(svg).toContain('a &amp; b');
});
