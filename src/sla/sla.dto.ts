import { ApiProperty } from '@nestjs/swagger';
import { IsIn, IsOptional } from 'class-validator';

/** Minutes by the name of a window. */
export const WINDOWS = { '1h': 60, '24h': 1_440, '7d': 10_080, '30d': 43_200, '90d': 129_600 } as const;
export type SlaWindow = keyof typeof WINDOWS;
const NAMES = Object.keys(WINDOWS) as SlaWindow[];

export class SlaQuery {
  @ApiProperty({ enum: NAMES, required: false, default: '24h' })
  @IsOptional()
  @IsIn(NAMES, { message: `must be one of ${NAMES.join(', ')}` })
  window: SlaWindow = '24h';
}

export class AvailabilityView {
  /** Of the whole minutes, each by the share of its webhooks that did not fail; null where there is none yet. */
  pct!: number | null;
  promised_pct!: number;
  kept!: boolean;
}

export class SuccessRateView {
  /** Of the webhooks that Mira could have served; null where there were none. */
  pct!: number | null;
  promised_pct!: number;
  kept!: boolean;
  successful!: number;
  failed!: number;
}

/** From a webhook's arrival to its answer; each right to a fifth of itself, and never told better than it was. */
export class SlaLatencyView {
  p50_seconds!: number | null;
  p95_seconds!: number | null;
  p99_seconds!: number | null;
  promised_p95_seconds!: number;
  promised_p99_seconds!: number;
  kept!: boolean;
}

export class ErrorBudgetView {
  /** As many webhooks of the window may fail. */
  allowed_failures!: number;
  failures!: number;
  left_pct!: number;
}

export class SlaView {
  @ApiProperty({ enum: NAMES })
  window!: SlaWindow;
  /** The first minute there is of the window; null where there is none. */
  from!: string | null;
  to!: string;
  minutes!: number;
  availability!: AvailabilityView;
  success_rate!: SuccessRateView;
  latency!: SlaLatencyView;
  error_budget!: ErrorBudgetView;
}
