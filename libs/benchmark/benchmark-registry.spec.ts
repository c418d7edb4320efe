import { BenchmarkRegistry, OTHER, type BenchmarkSnapshot } from './benchmark-registry';
import { clear, defaultRegistry, getAllStats, getStats } from './default-registry';

it('tells the statistics of a name in seconds, and of all names', () => {
  const sut = new BenchmarkRegistry();
  for (const seconds of [0.1, 0.2, 0.3]) sut.record('a', seconds);
  sut.record('b', 2);
  expect(sut.getStats('a')).toEqual({
    count: 3,
    min: 0.1,
    max: 0.3,
    mean: expect.closeTo(0.2, 12) as number,
    median: expect.closeTo(0.2, 3) as number,
    p95: expect.closeTo(0.3, 3) as number,
    p99: expect.closeTo(0.3, 3) as number,
    stdev: expect.closeTo(0.1, 12) as number,
  });
  expect(sut.getAllStats()).toEqual({ a: sut.getStats('a'), b: sut.getStats('b') });
});

it('keeps errors apart from durations', () => {
  const sut = new BenchmarkRegistry();
  sut.record('a', 1);
  sut.recordError('a');
  sut.recordError('only errors');
  expect([sut.getStats('a')?.count, sut.getErrors('a')]).toEqual([1, 1]);
  expect([sut.getStats('only errors'), sut.getErrors('only errors')]).toEqual([undefined, 1]);
  expect([sut.getStats('unknown'), sut.getErrors('unknown')]).toEqual([undefined, 0]);
  expect(Object.keys(sut.getAllStats())).toEqual(['a']);
});

it('forgets a name, or all of them', () => {
  const sut = new BenchmarkRegistry({ maxNames: 2 });
  for (const name of ['a', 'b', 'too many']) sut.record(name, 1);
  sut.clear('a');
  expect(Object.keys(sut.getAllStats())).toEqual(['b', OTHER]);
  sut.clear();
  expect([sut.getAllStats(), sut.overflowed]).toEqual([{}, 0]);
});

it('keeps a bounded number of names, and says how much went past them', () => {
  const sut = new BenchmarkRegistry({ maxNames: 3 });
  for (let n = 0; n < 1_000; n++) sut.record(`/users/${n}`, 1);
  sut.recordError('/users/1000');
  sut.record('/users/0', 1);
  expect(Object.keys(sut.getAllStats())).toEqual(['/users/0', '/users/1', '/users/2', OTHER]);
  expect([sut.getStats(OTHER)?.count, sut.getErrors(OTHER), sut.overflowed]).toEqual([997, 1, 998]);
});

it('is not confused by names that objects know', () => {
  const sut = new BenchmarkRegistry();
  sut.record('__proto__', 1);
  sut.record('constructor', 1);
  const sum = new BenchmarkRegistry();
  sum.merge(JSON.parse(JSON.stringify(sut.snapshot())) as BenchmarkSnapshot);
  expect(Object.keys(sum.getAllStats())).toEqual(['__proto__', 'constructor']);
});

describe('several processes', () => {
  it('are added up, errors and overflow included', () => {
    const [sum, other] = [new BenchmarkRegistry({ maxNames: 2 }), new BenchmarkRegistry()];
    sum.record('a', 1);
    for (const name of ['a', 'b', 'c', 'c']) other.record(name, 3);
    other.recordError('c');
    sum.merge(JSON.parse(JSON.stringify(other.snapshot())) as BenchmarkSnapshot);
    expect(sum.getStats('a')).toMatchObject({ count: 2, mean: 2, min: 1, max: 3 });
    expect([sum.getStats('b')?.count, sum.getStats(OTHER)?.count, sum.getErrors(OTHER)]).toEqual([1, 2, 1]);
    expect(sum.overflowed).toBe(3);
  });

  it.each([
    ['another format', { format: 2 }],
    ['a count of errors below 0', { benchmarks: { a: { errors: -1, durations: {} } } }],
    ['a histogram that is none', { benchmarks: { a: { errors: 0, durations: { buckets: [1] } } } }],
    ['an overflow that is no count', { overflowed: null }],
  ])('take nothing of a snapshot with %s', (_what, wrong) => {
    const [sum, other] = [new BenchmarkRegistry(), new BenchmarkRegistry()];
    other.record('good', 1);
    const snapshot = other.snapshot();
    const benchmarks = { ...snapshot.benchmarks, ...('benchmarks' in wrong ? wrong.benchmarks : {}) };
    expect(() => sum.merge({ ...snapshot, ...wrong, benchmarks } as never)).toThrow(TypeError);
    expect(sum.getAllStats()).toEqual({});
  });
});

it('is there for the whole process, without being made', () => {
  defaultRegistry.record('a', 1);
  expect([getStats('a')?.count, Object.keys(getAllStats())]).toEqual([1, ['a']]);
  clear('a');
  expect(getStats('a')).toBeUndefined();
});

describe('measure', () => {
  it('keeps the duration of work, until its promise is settled, and gives what it gave', async () => {
    let now = 0;
    const sut = new BenchmarkRegistry({ nowMs: () => (now += 500) });
    expect(sut.measure('plain', () => 7)).toBe(7);
    let settle: (value: string) => void = () => undefined;
    const promise = sut.measure('later', () => new Promise<string>((resolve) => (settle = resolve)));
    expect(sut.getStats('later')).toBeUndefined();
    settle('done');
    await expect(promise).resolves.toBe('done');
    expect([sut.getStats('plain')?.max, sut.getStats('later')?.max]).toEqual([0.5, 0.5]);
    expect(sut.names).toEqual(['plain', 'later']);
  });

  it('counts errors apart, and passes them on', async () => {
    const sut = new BenchmarkRegistry();
    const broken = new Error('broken');
    const fail = () => {
      throw broken;
    };
    expect(() => sut.measure('a', fail)).toThrow(broken);
    await expect(sut.measure('a', () => Promise.reject(broken))).rejects.toBe(broken);
    expect([sut.getErrors('a'), sut.getStats('a')]).toEqual([2, undefined]);
  });
});
