import { bucketOf, LATENCY_BOUNDS } from '../metrics/latency.buckets';
import { slaOf } from './sla';

const NOW = new Date('2026-11-25T12:00:00Z');
const FROM = new Date('2026-11-24T12:00:00Z');

function aSum(more: object = {}, seconds: readonly number[] = []) {
  const latencies = Array.from({ length: LATENCY_BOUNDS.length + 1 }, () => 0);
  for (const one of seconds) latencies[bucketOf(one)] = (latencies[bucketOf(one)] ?? 0) + 1;
  return { minutes: 1_440, available: 1_440, from: FROM, successful: 0, failed: 0, latencies, ...more };
}

it('keeps every promise where nothing was asked', () => {
  const view = slaOf('24h', aSum(), NOW);
  expect(view).toMatchObject({
    window: '24h',
    from: FROM.toISOString(),
    to: NOW.toISOString(),
    availability: { pct: 100, kept: true },
    success_rate: { pct: null, kept: true },
    latency: { p50_seconds: null, p95_seconds: null, kept: true },
    error_budget: { allowed_failures: 0, failures: 0, left_pct: 100 },
  });
  expect(slaOf('1h', aSum({ minutes: 0, available: 0, from: null }), NOW).availability.pct).toBeNull();
});

it('takes a minute in which nobody was there for one that was down', () => {
  const { availability } = slaOf('24h', aSum({ available: 1_438 }), NOW);
  expect(availability).toEqual({ pct: 99.861, promised_pct: 99.9, kept: false });
});

it('tells what of the error budget is left', () => {
  const half = slaOf('24h', aSum({ successful: 9_995, failed: 5 }), NOW);
  expect(half.success_rate).toMatchObject({ pct: 99.95, kept: true });
  expect(half.error_budget).toEqual({ allowed_failures: 10, failures: 5, left_pct: 50 });
  const spent = slaOf('24h', aSum({ successful: 9_980, failed: 20 }), NOW);
  expect(spent.success_rate).toMatchObject({ pct: 99.8, kept: false });
  expect(spent.error_budget.left_pct).toBe(0);
});

it('never keeps a promise by rounding', () => {
  expect(slaOf('24h', aSum({ successful: 998_999, failed: 1_001 }), NOW).success_rate).toMatchObject({
    pct: 99.899,
    kept: false,
  });
});

it('holds the latencies to what is promised', () => {
  const fast = Array.from({ length: 100 }, () => 0.02);
  expect(slaOf('24h', aSum({}, fast), NOW).latency.kept).toBe(true);
  const slow = [...fast.slice(10), ...Array.from({ length: 10 }, () => 0.12)];
  expect(slaOf('24h', aSum({}, slow), NOW).latency).toMatchObject({ p50_seconds: expect.any(Number), kept: false });
  expect(slaOf('24h', aSum({}, [1e6]), NOW).latency.p99_seconds).toBe(60);
});
