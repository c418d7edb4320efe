import { Module } from '@nestjs/common';
import { PlanModule } from '../plan/plan.module';
import { AnalyticsService } from './analytics.service';
import { UsageController } from './usage.controller';
import { UsageModule } from './usage.module';
import { UsageReport } from './usage.report';

/** Shows what was counted. Apart from the counting, which the plans need, for this needs the plans. */
@Module({
  imports: [PlanModule, UsageModule],
  controllers: [UsageController],
  providers: [AnalyticsService, UsageReport],
})
export class AnalyticsModule {}
