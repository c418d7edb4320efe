import { Module } from '@nestjs/common';
import { LatencyRecorder } from './latency.recorder';
import { MetricsController } from './metrics.controller';
import { MetricsService } from './metrics.service';

/** Counting and timing, below everything else: features import it, it imports none of them. */
@Module({
  controllers: [MetricsController],
  providers: [LatencyRecorder, MetricsService],
  exports: [LatencyRecorder, MetricsService],
})
export class MetricsModule {}
