import { TIERS, type Tier } from '../../tenant/tenant.entity';

/** As a maximum: there is none. */
export const UNLIMITED = -1;

/** What is limited, how it is counted, and in words. `made`: as many as there are; `day` and `month`: of UTC. */
export const LIMITS = {
  max_users: { counts: 'made', noun: 'users' },
  max_projects: { counts: 'made', noun: 'projects' },
  max_webhooks_per_day: { counts: 'day', noun: 'webhooks a day' },
  max_integrations: { counts: 'made', noun: 'integrations' },
  max_workflows_per_month: { counts: 'month', noun: 'workflows a month' },
} as const satisfies Record<string, { counts: 'made' | 'day' | 'month'; noun: string }>;

export type Limit = keyof typeof LIMITS;
export type TierLimits = Readonly<Record<Limit, number>>;

const BASIC = ['basic_workflows', 'basic_integrations', 'webhook_support', 'standard_agents'] as const;
const PROFESSIONAL = [
  'advanced_workflows',
  'custom_integrations',
  'n8n_integration',
  'priority_support',
  'analytics_dashboard',
] as const;
const ENTERPRISE = [
  'multi_tenant_rbac',
  'custom_agents',
  'enterprise_integrations',
  'dedicated_support',
  'advanced_analytics',
  'audit_logging',
  'sla_guarantee',
  'white_label',
] as const;

/** Every feature, by the tier that first has it. */
export const FEATURES = [...BASIC, ...PROFESSIONAL, ...ENTERPRISE] as const;

export type Feature = (typeof FEATURES)[number];

export interface Plan {
  /** What the company aims to earn with tenants of the tier in a year, in US dollars. */
  readonly annualRevenueUsd: number;
  readonly limits: TierLimits;
  /** Those of the tiers below included. */
  readonly features: readonly Feature[];
}

/** The whole declaration: guards, answers, SQL and the REST views are derived from it. */
export const PLANS = {
  basic: {
    annualRevenueUsd: 50_000,
    limits: {
      max_users: 5,
      max_projects: 10,
      max_webhooks_per_day: 1_000,
      max_integrations: 3,
      max_workflows_per_month: 100,
    },
    features: BASIC,
  },
  professional: {
    annualRevenueUsd: 500_000,
    limits: {
      max_users: 50,
      max_projects: 100,
      max_webhooks_per_day: 10_000,
      max_integrations: 10,
      max_workflows_per_month: 1_000,
    },
    features: [...BASIC, ...PROFESSIONAL],
  },
  enterprise: {
    annualRevenueUsd: 5_000_000,
    limits: {
      max_users: UNLIMITED,
      max_projects: UNLIMITED,
      max_webhooks_per_day: UNLIMITED,
      max_integrations: UNLIMITED,
      max_workflows_per_month: UNLIMITED,
    },
    features: FEATURES,
  },
} as const satisfies Record<Tier, Plan>;

export const LIMIT_NAMES: readonly Limit[] = Object.freeze(Object.keys(LIMITS).filter(isLimit));

export function isLimit(name: string): name is Limit {
  return Object.hasOwn(LIMITS, name);
}

export function isFeature(name: string): name is Feature {
  return FEATURES.some((feature) => feature === name);
}

export function getTierLimits(tier: Tier): TierLimits {
  return PLANS[tier].limits;
}

export function getTierFeatures(tier: Tier): readonly Feature[] {
  return PLANS[tier].features;
}

export function hasFeature(tier: Tier, feature: Feature): boolean {
  return getTierFeatures(tier).includes(feature);
}

export interface LimitCheck {
  readonly within: boolean;
  readonly limit: number;
  readonly current: number;
}

/** Whether one more may be: `current` is what there is without it. */
export function checkLimit(tier: Tier, limit: Limit, current: number): LimitCheck {
  const max = getTierLimits(tier)[limit];
  return { within: isWithin(max, current), limit: max, current };
}

export function isWithin(max: number, current: number): boolean {
  return max === UNLIMITED || current < max;
}

/** The lowest tier that allows one more than `current`; null where none does. */
export function tierAllowing(limit: Limit, current: number): Tier | null {
  return TIERS.find((tier) => checkLimit(tier, limit, current).within) ?? null;
}

/** The lowest tier that has it. */
export function tierWithFeature(feature: Feature): Tier | null {
  return TIERS.find((tier) => hasFeature(tier, feature)) ?? null;
}
