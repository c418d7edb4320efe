import { LatencyRecorder } from './latency.recorder';

describe('the latency recorder', () => {
  it('gives the statistics of what it was told, in seconds, to three digits', () => {
    const sut = new LatencyRecorder();
    for (let ms = 1; ms <= 1_000; ms += 1) sut.record('work', ms / 1_000);
    const stats = sut.stats('work');
    const expected = { mean: 0.5005, median: 0.5, p95: 0.95, p99: 0.99, max: 1, min: 0.001, stdev: 0.288_67 };

    expect(stats.count).toBe(1_000);
    for (const [name, value] of Object.entries(expected)) {
      expect([name, Reflect.get(stats, name) / value]).toEqual([name, expect.closeTo(1, 2)]);
    }
  });

  it('has zeros for what was never recorded, and keeps names apart', () => {
    const sut = new LatencyRecorder();
    sut.record('one', 2);

    expect(sut.stats('other')).toEqual({ count: 0, mean: 0, median: 0, p95: 0, p99: 0, max: 0, min: 0, stdev: 0 });
    expect(sut.stats('one').count).toBe(1);
  });

  it('never breaks what it measures, whatever number comes', () => {
    const sut = new LatencyRecorder();
    for (const seconds of [0, -1, 1e-12, 1e9, Infinity, Number.NaN]) sut.record('odd', seconds);
    const stats = sut.stats('odd');

    expect(stats.count).toBe(5);
    expect(stats.max).toBeCloseTo(3_600, -1);
    expect(stats.min).toBeCloseTo(0, 6);
  });

  it('tells nanoseconds and hours apart in one histogram', () => {
    const sut = new LatencyRecorder();
    sut.record('wide', 0.000_000_25);
    sut.record('wide', 1_800);

    expect(sut.stats('wide').min).toBeCloseTo(0.000_000_25, 9);
    expect(sut.stats('wide').max / 1_800).toBeCloseTo(1, 2);
  });
});
