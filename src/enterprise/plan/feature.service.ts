import { problems } from '@mira/problem';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { EffectivePlan } from './effective-plan';
import { PlanService } from './plan.service';
import { type FeaturesView, featureView } from './plan-view.dto';
import { type Feature, FEATURES } from './plans';

/** Says whether a tenant's plan has a feature, as of this moment: a change of the plan holds from the next question on. */
@Injectable()
export class FeatureService {
  constructor(private readonly plans: PlanService) {}

  async has(tenantId: string, feature: Feature): Promise<boolean> {
    return (await this.plans.of(tenantId)).has(feature);
  }

  /** Every feature, and whether the tenant has it. */
  async report(tenantId: string): Promise<FeaturesView> {
    const plan = await this.plans.of(tenantId);
    const features = FEATURES.map((feature) => featureView(plan, feature));
    return { tenant_id: tenantId, tier: plan.tier, features };
  }

  /** @throws Problem `feature-not-in-plan` */
  async require(tenantId: string, feature: Feature): Promise<void> {
    requireIn(await this.plans.of(tenantId), feature);
  }

  /** The same in the caller's transaction; resolves to the plan that has it. */
  async requireWithin(manager: EntityManager, tenantId: string, feature: Feature): Promise<EffectivePlan> {
    return requireIn(await this.plans.within(manager, tenantId), feature);
  }
}

function requireIn(plan: EffectivePlan, feature: Feature): EffectivePlan {
  if (plan.has(feature)) return plan;
  throw problems.featureNotInPlan({ feature, tier: plan.tier, neededTier: plan.tierWith(feature) });
}
