import type { MetricsSnapshot } from '../metrics/metrics.service';

/** One part: its state, and what else there is to say of it. */
export interface CheckView {
  readonly status: 'up' | 'degraded' | 'down';
  readonly [detail: string]: unknown;
}

export interface HealthView {
  readonly status: 'healthy' | 'degraded' | 'unhealthy';
  readonly service: 'mira-webhook';
  readonly uptime: 'operational' | 'degraded' | 'down';
  readonly uptime_seconds: number;
  readonly version: string;
  readonly metrics: MetricsSnapshot;
  readonly checks: Readonly<Record<string, CheckView>>;
}

export interface ReadyView {
  readonly status: 'ready' | 'starting' | 'draining' | 'database_away';
}
