import { Module } from '@nestjs/common';
import { PlanModule } from '../plan/plan.module';
import { UsageModule } from '../usage/usage.module';
import { AlertUpkeep } from './alert.upkeep';
import { LimitAlerts } from './limit.alerts';

/** Tells of limits before they are felt. */
@Module({
  imports: [PlanModule, UsageModule],
  providers: [AlertUpkeep, LimitAlerts],
})
export class AlertModule {}
