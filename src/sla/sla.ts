import { PROMISED_LATENCY, quantileOf } from '../metrics/latency.buckets';
import type { WindowSum } from './service-minutes';
import type { SlaView, SlaWindow } from './sla.dto';

/** Percent of the webhooks that Mira could have served, and of the minutes. */
export const PROMISED_PCT = 99.9;

/** What came of a window beside what is promised. */
export function slaOf(window: SlaWindow, sum: WindowSum, now: Date): SlaView {
  const { successful, failed, minutes, available, latencies, from } = sum;
  const served = successful + failed;
  const successRate = served === 0 ? null : cut((successful / served) * 100);
  const availability = minutes === 0 ? null : cut(Math.min(1, available / minutes) * 100);
  const p50 = secondsAt(latencies, 0.5);
  const p95 = secondsAt(latencies, 0.95);
  const p99 = secondsAt(latencies, 0.99);
  const allowed = served * (1 - PROMISED_PCT / 100);
  return {
    window,
    from: from?.toISOString() ?? null,
    to: now.toISOString(),
    minutes,
    availability: { pct: availability, promised_pct: PROMISED_PCT, kept: isAtLeast(availability) },
    success_rate: { pct: successRate, promised_pct: PROMISED_PCT, kept: isAtLeast(successRate), successful, failed },
    latency: {
      p50_seconds: p50,
      p95_seconds: p95,
      p99_seconds: p99,
      promised_p95_seconds: PROMISED_LATENCY.p95,
      promised_p99_seconds: PROMISED_LATENCY.p99,
      kept: (p95 ?? 0) <= PROMISED_LATENCY.p95 && (p99 ?? 0) <= PROMISED_LATENCY.p99,
    },
    error_budget: {
      allowed_failures: Math.floor(allowed + 1e-6),
      failures: failed,
      left_pct: served === 0 ? 100 : cut(Math.max(0, 1 - failed / allowed) * 100),
    },
  };
}

function secondsAt(latencies: readonly number[], share: number): number | null {
  const seconds = quantileOf(latencies, share);
  // JSON knows no infinity: above the last bound is told as that.
  return seconds === Infinity ? 60 : seconds;
}

/** Where nothing was asked, nothing was broken. */
function isAtLeast(pct: number | null): boolean {
  return pct === null || pct >= PROMISED_PCT;
}

/** To three digits after the point and never up, so that no promise is kept by rounding. */
function cut(pct: number): number {
  return Math.floor(pct * 1_000 + 1e-6) / 1_000;
}
