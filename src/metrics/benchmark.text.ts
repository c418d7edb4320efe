import type { BenchmarkRegistry } from '@mira/benchmark';

/** Dense around what is promised: a mean under 50 ms, p95 under 100 ms, p99 under 150 ms. */
const BOUNDS_SECONDS = [
  0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 10,
];

/**
 * Benchmarks in Prometheus' text format. Made from the histograms when somebody asks, so that a record costs the hot path
 * nothing more than it does anyway.
 */
export function benchmarkText(benchmarks: BenchmarkRegistry): string {
  const names = benchmarks.names;
  if (names.length === 0) return '';
  return [
    '',
    '# HELP mira_benchmark_duration_seconds How long something took that went well',
    '# TYPE mira_benchmark_duration_seconds histogram',
    ...names.flatMap((name) => durationsOf(benchmarks, name)),
    '# HELP mira_benchmark_errors_total How often it did not go well',
    '# TYPE mira_benchmark_errors_total counter',
    ...names.map((name) => `mira_benchmark_errors_total{benchmark="${name}"} ${benchmarks.getErrors(name)}`),
    '',
  ].join('\n');
}

function durationsOf(benchmarks: BenchmarkRegistry, name: string): string[] {
  const durations = benchmarks.histogram(name);
  if (!durations || durations.size === 0) return [];
  const family = 'mira_benchmark_duration_seconds';
  const counts = durations.atMost(BOUNDS_SECONDS);
  return [
    ...BOUNDS_SECONDS.map((bound, at) => `${family}_bucket{le="${bound}",benchmark="${name}"} ${counts[at] ?? 0}`),
    `${family}_bucket{le="+Inf",benchmark="${name}"} ${durations.size}`,
    `${family}_sum{benchmark="${name}"} ${durations.sum}`,
    `${family}_count{benchmark="${name}"} ${durations.size}`,
  ];
}
