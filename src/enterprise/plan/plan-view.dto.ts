import { ApiProperty } from '@nestjs/swagger';
import { type Tier, TIERS } from '../../tenant/tenant.entity';
import type { EffectivePlan, Override } from './effective-plan';
import { type Feature, FEATURES, isWithin, type Limit, LIMIT_NAMES, PLANS, UNLIMITED } from './plans';

const LIMITS_BY_NAME = { type: 'object', additionalProperties: { type: 'integer' } } as const;

/** How far a limit is used up. */
export interface LimitUse {
  readonly limit: Limit;
  readonly max: number;
  readonly used: number;
  /** Null for what is not counted by time. */
  readonly resetsAt: Date | null;
}

/** A plan that there is to be had. */
export class PlanView {
  @ApiProperty({ enum: TIERS })
  tier!: Tier;
  /** What the company aims to earn with tenants of the tier in a year, in US dollars. */
  annual_revenue_usd!: number;
  /** -1 is unlimited. */
  @ApiProperty(LIMITS_BY_NAME)
  limits!: Record<Limit, number>;
  @ApiProperty({ enum: FEATURES, isArray: true })
  features!: Feature[];
}

export class PlanPage {
  data!: PlanView[];
  next_cursor!: string | null;
}

/** How far one limit is used up. */
export class LimitView {
  @ApiProperty({ enum: LIMIT_NAMES })
  limit!: Limit;
  /** -1 is unlimited. */
  max!: number;
  used!: number;
  /** How many more there may be; null where there is no limit. */
  remaining!: number | null;
  /** The part that is used, 1 being all of it; null where there is no limit. */
  share!: number | null;
  /** When it begins anew; null for what is not counted by time. */
  resets_at!: string | null;
}

export class LimitsView {
  tenant_id!: string;
  @ApiProperty({ enum: TIERS })
  tier!: Tier;
  limits!: LimitView[];
}

export class FeatureView {
  @ApiProperty({ enum: FEATURES })
  feature!: Feature;
  included!: boolean;
  /** The tier that would have it; null where it is included, or no change of tier would help. */
  @ApiProperty({ enum: TIERS, nullable: true })
  needed_tier!: Tier | null;
}

export class FeaturesView {
  tenant_id!: string;
  @ApiProperty({ enum: TIERS })
  tier!: Tier;
  features!: FeatureView[];
}

/** What was agreed with a tenant besides its tier: one of `max` and `granted`. */
export class OverrideView {
  @ApiProperty({ enum: [...LIMIT_NAMES, ...FEATURES] })
  name!: Limit | Feature;
  @ApiProperty({ required: false })
  max?: number;
  @ApiProperty({ required: false })
  granted?: boolean;
  /** From when on it holds no more; null: it has no end. */
  ends_at!: string | null;
}

export class OverridePage {
  data!: OverrideView[];
  next_cursor!: string | null;
}

export class LimitChangeView {
  @ApiProperty({ enum: LIMIT_NAMES })
  limit!: Limit;
  max!: number;
  max_then!: number;
  used!: number;
  /** How many there would be too many. They stay, and can be read; nothing new is made. */
  exceeds_by!: number;
}

/** What would be otherwise in another tier. */
export class TierPreviewView {
  tenant_id!: string;
  @ApiProperty({ enum: TIERS })
  tier!: Tier;
  @ApiProperty({ enum: TIERS })
  tier_then!: Tier;
  limits!: LimitChangeView[];
  @ApiProperty({ enum: FEATURES, isArray: true })
  features_gained!: Feature[];
  @ApiProperty({ enum: FEATURES, isArray: true })
  features_lost!: Feature[];
}

export function planView(tier: Tier): PlanView {
  const { annualRevenueUsd, limits, features } = PLANS[tier];
  return { tier, annual_revenue_usd: annualRevenueUsd, limits: { ...limits }, features: [...features] };
}

export function limitView({ limit, max, used, resetsAt }: LimitUse): LimitView {
  const isUnlimited = max === UNLIMITED;
  return {
    limit,
    max,
    used,
    remaining: isUnlimited ? null : Math.max(0, max - used),
    share: isUnlimited ? null : shareOf(max, used),
    resets_at: resetsAt?.toISOString() ?? null,
  };
}

/** To four decimals. Of a limit of nothing all is used. */
function shareOf(max: number, used: number): number {
  return isWithin(max, used) || max > 0 ? Math.round((used * 10_000) / max) / 10_000 : 1;
}

export function featureView(plan: EffectivePlan, feature: Feature): FeatureView {
  const included = plan.has(feature);
  return { feature, included, needed_tier: included ? null : plan.tierWith(feature) };
}

export function overrideView(override: Override): OverrideView {
  return {
    name: override.name,
    ...(override.kind === 'limit' ? { max: override.max } : { granted: override.granted }),
    ends_at: override.endsAt?.toISOString() ?? null,
  };
}
