import { Module } from '@nestjs/common';
import { UsageModule } from '../../enterprise/usage/usage.module';
import { MetricsModule } from '../../metrics/metrics.module';
import { EventRetention } from './event.retention';
import { RetentionUpkeep } from './retention.upkeep';

/** How long events are kept. */
@Module({ imports: [MetricsModule, UsageModule], providers: [EventRetention, RetentionUpkeep] })
export class RetentionModule {}
