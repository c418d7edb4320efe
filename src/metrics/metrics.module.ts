import { Module } from '@nestjs/common';
import { MetricsController } from './metrics.controller';
import { MetricsService } from './metrics.service';
import { ServiceTally } from './service.tally';

/** Counting and timing, below everything else: features import it, it imports none of them. */
@Module({
  controllers: [MetricsController],
  providers: [MetricsService, ServiceTally],
  exports: [MetricsService, ServiceTally],
})
export class MetricsModule {}
