import { ApiProperty } from '@nestjs/swagger';
import { type Tier, TIERS } from '../../tenant/tenant.entity';
import { LimitView, limitView, type LimitUse } from '../plan/plan-view.dto';
import { METRIC_NAMES, type Metric } from './metrics';
import { type Period, PERIODS } from './periods';

const BY_METRIC = { type: 'object', additionalProperties: { type: 'integer' } } as const;

export type UsageByMetric = Record<Metric, number>;

/** One day of usage. */
export class DayView {
  /** `2026-11-22`, in UTC. */
  date!: string;
  @ApiProperty(BY_METRIC)
  usage!: UsageByMetric;
}

export class LimitForecastView extends LimitView {
  /** When it will be reached if things go on as they went; null: not before it begins anew, or within a year. */
  reached_at!: string | null;
}

/** How attempts to deliver went in the last day. */
export class DeliveriesView {
  attempts!: number;
  /** Percent of the deliveries that ended which arrived, to two decimals; null where none ended. */
  success_rate!: number | null;
  /** Milliseconds that attempts took, half, 95 % and 99 % of them at most; null where there were none. */
  @ApiProperty({ type: 'object', additionalProperties: { type: 'number' }, nullable: true })
  latency_ms!: { p50: number; p95: number; p99: number } | null;
}

export class AnalyticsView {
  tenant_id!: string;
  @ApiProperty({ enum: TIERS })
  tier!: Tier;
  @ApiProperty(BY_METRIC)
  total_usage!: UsageByMetric;
  @ApiProperty(BY_METRIC)
  today_usage!: UsageByMetric;
  /** The last seven days, today first. */
  recent_activity!: DayView[];
  limits!: LimitForecastView[];
  /** How they went in the last day; null where the plan lacks `advanced_analytics`. */
  @ApiProperty({ type: DeliveriesView, nullable: true })
  deliveries!: DeliveriesView | null;
}

export class PointView {
  /** The day, or the first of the month, in UTC. */
  date!: string;
  value!: number;
}

export class SeriesView {
  @ApiProperty({ enum: METRIC_NAMES })
  metric!: Metric;
  @ApiProperty({ enum: PERIODS })
  period!: Period;
  data!: PointView[];
}

/** Every metric, 0 where nothing was counted. */
export function byMetric(countOf: (metric: Metric) => number | undefined): UsageByMetric {
  const entries = METRIC_NAMES.map((metric) => [metric, countOf(metric) ?? 0] as const);
  return Object.fromEntries(entries) as UsageByMetric;
}

export function limitForecastView(use: LimitUse, reachedAt: Date | null): LimitForecastView {
  return Object.assign(limitView(use), { reached_at: reachedAt?.toISOString() ?? null });
}
