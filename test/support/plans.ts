import { MiraConfig } from '../../src/config/mira.config';
import { FeatureService } from '../../src/enterprise/plan/feature.service';
import { LimitService } from '../../src/enterprise/plan/limit.service';
import { PlanRepository } from '../../src/enterprise/plan/plan.repository';
import { PlanService } from '../../src/enterprise/plan/plan.service';
import { UsageClock } from '../../src/enterprise/usage/usage.clock';
import { UsageCounters } from '../../src/enterprise/usage/usage.counters';
import { UsageService } from '../../src/enterprise/usage/usage.service';
import type { TestDatabase } from './databases';

/** Plans, limits and usage on a test's database, as one process has them. */
export function plansOn({ tenants }: TestDatabase, { config = new MiraConfig(), clock = new UsageClock() } = {}) {
  const counters = new UsageCounters(clock);
  const repository = new PlanRepository(clock);
  const plans = new PlanService(tenants, repository);
  return {
    counters,
    repository,
    plans,
    features: new FeatureService(plans),
    limits: new LimitService(tenants, plans, repository, counters),
    usage: new UsageService(tenants, counters, config),
  };
}
