import type { MetricsSnapshot } from './metrics.service';

export class RateLimitView {
  readonly current_count!: number;
  readonly max_requests!: number;
  readonly remaining!: number;
  readonly window_seconds!: number;
}

/** Seconds, but for the count. */
export class LatencyView {
  readonly count!: number;
  readonly mean!: number;
  readonly median!: number;
  readonly p95!: number;
  readonly p99!: number;
  readonly max!: number;
}

/** The JSON of /metrics as it is documented; what makes it is {@link MetricsSnapshot}. */
export class MetricsView implements MetricsSnapshot {
  readonly total_requests!: number;
  readonly successful_requests!: number;
  readonly failed_requests!: number;
  readonly rate_limited_requests!: number;
  readonly invalid_signature_requests!: number;
  readonly quota_exceeded_requests!: number;
  readonly rejected_requests!: number;
  /** Percent, with two decimals. */
  readonly success_rate!: number;
  readonly uptime_compliance!: boolean;
  readonly rate_limit!: RateLimitView;
  readonly latency!: LatencyView;
}
