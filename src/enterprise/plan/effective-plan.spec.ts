import { EffectivePlan, excess, overrideOf } from './effective-plan';

describe('the plan of a tenant', () => {
  it('is that of its tier where nothing else was agreed', () => {
    const plan = new EffectivePlan('basic', []);
    expect(plan.limits.max_users).toBe(5);
    expect(plan.has('webhook_support')).toBe(true);
    expect(plan.has('n8n_integration')).toBe(false);
    expect(plan.tierWith('n8n_integration')).toBe('professional');
    expect(plan.tierAllowing('max_users', 5)).toBe('professional');
  });

  it('has the limit that was agreed, larger or smaller', () => {
    const plan = new EffectivePlan('basic', [
      { kind: 'limit', name: 'max_users', max: 7, endsAt: null },
      { kind: 'limit', name: 'max_projects', max: 0, endsAt: null },
      { kind: 'limit', name: 'max_integrations', max: -1, endsAt: null },
    ]);
    expect([plan.allows('max_users', 6), plan.allows('max_users', 7)]).toEqual([true, false]);
    expect(plan.allows('max_projects', 0)).toBe(false);
    expect(plan.allows('max_integrations', 1_000)).toBe(true);
  });

  it('has a feature that was granted, and not one that was taken', () => {
    const plan = new EffectivePlan('professional', [
      { kind: 'feature', name: 'audit_logging', granted: true, endsAt: null },
      { kind: 'feature', name: 'n8n_integration', granted: false, endsAt: null },
    ]);
    expect(plan.has('audit_logging')).toBe(true);
    expect(plan.has('n8n_integration')).toBe(false);
    expect(plan.features).toHaveLength(9);
  });

  it('names no tier where a change of tier would not help, since something else was agreed', () => {
    const plan = new EffectivePlan('basic', [
      { kind: 'limit', name: 'max_users', max: 2, endsAt: null },
      { kind: 'feature', name: 'audit_logging', granted: false, endsAt: null },
    ]);
    expect(plan.tierAllowing('max_users', 2)).toBeNull();
    expect(plan.tierWith('audit_logging')).toBeNull();
  });

  it('keeps what was agreed in another tier, and counts what would be too many there', () => {
    const plan = new EffectivePlan('enterprise', [{ kind: 'limit', name: 'max_projects', max: 20, endsAt: null }]);
    const then = plan.in('basic');
    expect([then.limits.max_projects, then.limits.max_users]).toEqual([20, 5]);
    expect([excess(then, 'max_users', 8), excess(then, 'max_users', 5), excess(plan, 'max_users', 8)]).toEqual([
      3, 0, 0,
    ]);
  });

  it('passes over what is stored of a name that there is no more', () => {
    expect(overrideOf({ name: 'max_ponies', max: 3, granted: null, ends_at: null })).toBeNull();
    expect(overrideOf({ name: 'max_users', max: 3, granted: null, ends_at: null })).toMatchObject({ kind: 'limit' });
  });
});
