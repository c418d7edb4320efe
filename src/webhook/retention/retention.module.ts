import { Module } from '@nestjs/common';
import { MetricsModule } from '../../metrics/metrics.module';
import { EventRetention } from './event.retention';
import { RetentionUpkeep } from './retention.upkeep';

/** How long events are kept. */
@Module({ imports: [MetricsModule], providers: [EventRetention, RetentionUpkeep] })
export class RetentionModule {}
