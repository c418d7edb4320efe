import { Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { MetricsModule } from '../metrics/metrics.module';
import { DeliveryModule } from '../webhook/delivery/delivery.module';
import { DatabaseWatch } from './database.watch';
import { HealthController } from './health.controller';
import { HealthService } from './health.service';
import { Readiness } from './readiness';

@Module({
  imports: [TerminusModule.forRoot({ logger: false }), MetricsModule, DeliveryModule],
  controllers: [HealthController],
  providers: [DatabaseWatch, HealthService, Readiness],
})
export class HealthModule {}
