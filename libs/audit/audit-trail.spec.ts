import type { EntityManager } from 'typeorm';
import { type Actor, actsOn, type AuditAct, AuditTrail } from './index';

class ListedTrail extends AuditTrail {
  readonly acts: { who: Actor; act: AuditAct }[] = [];

  async record(_manager: EntityManager, who: Actor, act: AuditAct): Promise<void> {
    this.acts.push({ who, act });
    return Promise.resolve();
  }

  note(): void {}
}

describe('a crossing', () => {
  const act = actsOn('tenant').deleted({ id: 'b' });
  const who = { tenantId: 'a', userId: 'ada', apiKeyId: null };
  const manager: EntityManager = Object.create(null);

  it.each([
    ['a', 'b'],
    ['b', 'a'],
  ])('from %s to %s is told in both trails, in one order', async (from, to) => {
    const trail = new ListedTrail();
    await trail.recordCrossing(manager, { ...who, tenantId: from }, to, act);
    expect(trail.acts.map((told) => [told.who.tenantId, told.who.homeTenantId, told.act.crossing])).toEqual([
      ['a', from, true],
      ['b', from, true],
    ]);
  });

  it('that leads nowhere else is told once', async () => {
    const trail = new ListedTrail();
    await trail.recordCrossing(manager, { ...who, tenantId: 'b', homeTenantId: 'a' }, 'a', act);
    expect(trail.acts).toHaveLength(1);
  });
});

describe('the acts on a kind of thing', () => {
  it('are named after it and tell which one it was', () => {
    const acts = actsOn('user');
    expect(acts.created({ id: '1' })).toEqual({
      action: 'user.created',
      resourceType: 'user',
      resourceId: '1',
      after: { id: '1' },
    });
    expect(acts.deleted({ id: '1' })).toMatchObject({ action: 'user.deleted', before: { id: '1' } });
    expect(acts.did('locked', '1', { outcome: 'denied' })).toMatchObject({ action: 'user.locked', outcome: 'denied' });
  });
});
