import { TIERS, type Tier } from '../../tenant/tenant.entity';
import {
  type Feature,
  FEATURES,
  getTierLimits,
  hasFeature,
  isFeature,
  isLimit,
  isWithin,
  type Limit,
  tierAllowing,
  type TierLimits,
  tierWithFeature,
} from './plans';

/** A limit or a feature that one tenant has otherwise than its tier says. */
export type Override =
  | { readonly kind: 'limit'; readonly name: Limit; readonly max: number; readonly endsAt: Date | null }
  | { readonly kind: 'feature'; readonly name: Feature; readonly granted: boolean; readonly endsAt: Date | null };

/** An override as it is stored; null for one of a name that there is no more. */
export function overrideOf(row: {
  name: string;
  max: number | null;
  granted: boolean | null;
  ends_at: Date | null;
}): Override | null {
  const { name, max, granted, ends_at: endsAt } = row;
  if (max !== null && isLimit(name)) return { kind: 'limit', name, max, endsAt };
  if (granted !== null && isFeature(name)) return { kind: 'feature', name, granted, endsAt };
  return null;
}

/** What a tenant may do: what its tier says, and what was agreed besides. */
export class EffectivePlan {
  readonly limits: TierLimits;
  private readonly granted: ReadonlySet<Feature>;

  /** @param overrides those that hold at this moment */
  constructor(
    readonly tier: Tier,
    private readonly overrides: readonly Override[],
  ) {
    const agreed = overrides.flatMap((one) => (one.kind === 'limit' ? [[one.name, one.max] as const] : []));
    this.limits = { ...getTierLimits(tier), ...Object.fromEntries(agreed) };
    this.granted = new Set(FEATURES.filter((feature) => this.agreedFeature(feature) ?? hasFeature(tier, feature)));
  }

  has(feature: Feature): boolean {
    return this.granted.has(feature);
  }

  /** In the order of their declaration. */
  get features(): readonly Feature[] {
    return [...this.granted];
  }

  /** Whether there may be one more than `current`. */
  allows(limit: Limit, current: number): boolean {
    return isWithin(this.limits[limit], current);
  }

  /** The lowest tier above this one that would allow it; null where a change of tier would not help. */
  tierAllowing(limit: Limit, current: number): Tier | null {
    return this.isAgreed(limit) ? null : higherOnly(this.tier, tierAllowing(limit, current));
  }

  tierWith(feature: Feature): Tier | null {
    return this.isAgreed(feature) ? null : higherOnly(this.tier, tierWithFeature(feature));
  }

  /** The same tenant in another tier: what was agreed stays. */
  in(tier: Tier): EffectivePlan {
    return new EffectivePlan(tier, this.overrides);
  }

  private isAgreed(name: Limit | Feature): boolean {
    return this.overrides.some((one) => one.name === name);
  }

  private agreedFeature(feature: Feature): boolean | undefined {
    return this.overrides.flatMap((one) => (one.kind === 'feature' && one.name === feature ? [one.granted] : [])).at(0);
  }
}

function higherOnly(tier: Tier, other: Tier | null): Tier | null {
  return other !== null && TIERS.indexOf(other) > TIERS.indexOf(tier) ? other : null;
}

/** How many more there are than a plan allows; 0 where none. */
export function excess(plan: EffectivePlan, limit: Limit, used: number): number {
  const max = plan.limits[limit];
  return max < 0 ? 0 : Math.max(0, used - max);
}
