import { TIERS } from '../../tenant/tenant.entity';
import { type Limit, PLANS } from './plans';

/**
 * A limit of tenant `t`, as an SQL expression: what was agreed with it and has not ended, else what its tier says. For
 * statements that must know it in the moment in which they lock a counter; all else asks the PlanService.
 */
export function limitSql(limit: Limit, now: string): string {
  const byTier = TIERS.map((tier) => `WHEN '${tier}' THEN ${PLANS[tier].limits[limit]}`).join(' ');
  return `coalesce(
    (SELECT o.max FROM plan_overrides o
     WHERE o.tenant_id = t.id AND o.name = '${limit}' AND (o.ends_at IS NULL OR o.ends_at > ${now})),
    CASE t.tier ${byTier} END)`;
}
