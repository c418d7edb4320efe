import { Module } from '@nestjs/common';
import { PlanModule } from '../enterprise/plan/plan.module';
import { MetricsModule } from '../metrics/metrics.module';
import { ServiceMinutes } from './service-minutes';
import { SlaController } from './sla.controller';
import { SlaUpkeep } from './sla.upkeep';

@Module({
  imports: [MetricsModule, PlanModule],
  controllers: [SlaController],
  providers: [ServiceMinutes, SlaUpkeep],
})
export class SlaModule {}
