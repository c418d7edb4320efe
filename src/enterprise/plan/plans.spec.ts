import { TIERS } from '../../tenant/tenant.entity';
import {
  checkLimit,
  FEATURES,
  getTierFeatures,
  getTierLimits,
  hasFeature,
  LIMIT_NAMES,
  PLANS,
  tierAllowing,
  tierWithFeature,
  UNLIMITED,
} from './plans';

describe('the plans', () => {
  it.each([
    ['basic', [5, 10, 1_000, 3, 100], 4, 50_000],
    ['professional', [50, 100, 10_000, 10, 1_000], 9, 500_000],
    ['enterprise', [-1, -1, -1, -1, -1], 17, 5_000_000],
  ] as const)('have of %s what the contract says', (tier, limits, features, revenue) => {
    expect(LIMIT_NAMES.map((limit) => getTierLimits(tier)[limit])).toEqual(limits);
    expect(getTierFeatures(tier)).toHaveLength(features);
    expect(PLANS[tier].annualRevenueUsd).toBe(revenue);
  });

  it('never lose a feature or allow less in a higher tier', () => {
    TIERS.slice(1).forEach((tier, n) => {
      const lower = TIERS[n] ?? 'basic';
      expect(getTierFeatures(tier)).toEqual(expect.arrayContaining([...getTierFeatures(lower)]));
      for (const limit of LIMIT_NAMES) {
        const [less, more] = [getTierLimits(lower)[limit], getTierLimits(tier)[limit]];
        expect(more === UNLIMITED || more > less).toBe(true);
      }
    });
  });

  it('know which tier has a feature', () => {
    expect(hasFeature('basic', 'n8n_integration')).toBe(false);
    expect(hasFeature('professional', 'n8n_integration')).toBe(true);
    expect(tierWithFeature('n8n_integration')).toBe('professional');
    expect(tierWithFeature('audit_logging')).toBe('enterprise');
    expect(new Set(FEATURES).size).toBe(FEATURES.length);
  });
});

describe('a limit', () => {
  it('is kept while there are fewer than the maximum', () => {
    expect(checkLimit('basic', 'max_users', 4)).toEqual({ within: true, limit: 5, current: 4 });
    expect(checkLimit('basic', 'max_users', 5)).toEqual({ within: false, limit: 5, current: 5 });
    expect(checkLimit('basic', 'max_users', 6).within).toBe(false);
  });

  it('of -1 is none', () => {
    expect(checkLimit('enterprise', 'max_users', 1_000_000)).toEqual({ within: true, limit: -1, current: 1_000_000 });
  });

  it('names the lowest tier that allows one more', () => {
    expect(tierAllowing('max_users', 5)).toBe('professional');
    expect(tierAllowing('max_users', 50)).toBe('enterprise');
    expect(tierAllowing('max_users', 0)).toBe('basic');
  });
});
