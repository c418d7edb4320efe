import { ApiProperty, getSchemaPath } from '@nestjs/swagger';
import { MetricsView } from '../metrics/metrics-view.dto';

/** One part: its state, and what else there is to say of it. */
export class CheckView {
  @ApiProperty({ enum: ['up', 'degraded', 'down'] })
  readonly status!: 'up' | 'degraded' | 'down';
  readonly [detail: string]: unknown;
}

export class HealthView {
  @ApiProperty({ enum: ['healthy', 'degraded', 'unhealthy'] })
  readonly status!: 'healthy' | 'degraded' | 'unhealthy';
  @ApiProperty({ enum: ['mira-webhook'] })
  readonly service!: 'mira-webhook';
  @ApiProperty({ enum: ['operational', 'degraded', 'down'] })
  readonly uptime!: 'operational' | 'degraded' | 'down';
  readonly uptime_seconds!: number;
  readonly version!: string;
  readonly metrics!: MetricsView;
  @ApiProperty({ type: 'object', additionalProperties: { $ref: getSchemaPath(CheckView) } })
  readonly checks!: Readonly<Record<string, CheckView>>;
}

export class LiveView {
  @ApiProperty({ enum: ['live'] })
  readonly status!: 'live';
}

export class ReadyView {
  @ApiProperty({ enum: ['ready', 'starting', 'draining', 'database_away'] })
  readonly status!: 'ready' | 'starting' | 'draining' | 'database_away';
}
