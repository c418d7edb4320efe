import { BenchmarkRegistry } from '@mira/benchmark';
import { benchmarkText } from './benchmark.text';

it('tells durations as a cumulative histogram, and errors apart', () => {
  const benchmarks = new BenchmarkRegistry();
  for (const seconds of [0.02, 0.06, 0.2, 20]) benchmarks.record('a', seconds);
  benchmarks.recordError('b');
  const lines = benchmarkText(benchmarks).split('\n');
  const family = 'mira_benchmark_duration_seconds';
  expect(lines).toEqual(
    expect.arrayContaining([
      `# TYPE ${family} histogram`,
      `${family}_bucket{le="0.01",benchmark="a"} 0`,
      `${family}_bucket{le="0.05",benchmark="a"} 1`,
      `${family}_bucket{le="0.1",benchmark="a"} 2`,
      `${family}_bucket{le="0.25",benchmark="a"} 3`,
      `${family}_bucket{le="10",benchmark="a"} 3`,
      `${family}_bucket{le="+Inf",benchmark="a"} 4`,
      `${family}_count{benchmark="a"} 4`,
      'mira_benchmark_errors_total{benchmark="a"} 0',
      'mira_benchmark_errors_total{benchmark="b"} 1',
    ]),
  );
  const sum = lines.find((line) => line.startsWith(`${family}_sum{benchmark="a"}`));
  expect(Number(sum?.split(' ')[1])).toBeCloseTo(20.28, 9);
  expect(lines.filter((line) => line.includes('benchmark="b"'))).toHaveLength(1);
});

it('is nothing where nothing was timed', () => {
  expect(benchmarkText(new BenchmarkRegistry())).toBe('');
});
