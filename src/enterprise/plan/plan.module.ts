import { Module } from '@nestjs/common';
import { UsageModule } from '../usage/usage.module';
import { FeatureService } from './feature.service';
import { LimitService } from './limit.service';
import { OverrideController } from './override.controller';
import { OverrideService } from './override.service';
import { PlanCheck } from './plan.check';
import { PlanController } from './plan.controller';
import { PlanRepository } from './plan.repository';
import { PlanService } from './plan.service';
import { TierPreview } from './tier.preview';
import { QuotaAllowance } from './quota.allowance';

/** What a tenant's plan lets it do, and how much of it. Import it to ask. */
@Module({
  imports: [UsageModule],
  controllers: [PlanController, OverrideController],
  providers: [
    FeatureService,
    LimitService,
    OverrideService,
    PlanCheck,
    PlanRepository,
    PlanService,
    TierPreview,
    QuotaAllowance,
  ],
  exports: [FeatureService, LimitService, PlanCheck, PlanService, QuotaAllowance],
})
export class PlanModule {}
