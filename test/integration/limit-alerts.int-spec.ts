import { newId } from '../../src/database/new-id';
import { LimitAlerts } from '../../src/enterprise/alert/limit.alerts';
import { PlanRepository } from '../../src/enterprise/plan/plan.repository';
import { PlanService } from '../../src/enterprise/plan/plan.service';
import { describeOnEachDatabase } from '../support/databases';
import { SetClock } from '../support/set-clock';
import { ToldEvents } from '../support/told-events';

describeOnEachDatabase('alerts of limits', (database) => {
  const sql = (text: string, values: unknown[] = []) => database().dataSource.query(text, values);
  let clock: SetClock;
  let told: ToldEvents;

  beforeEach(() => {
    clock = new SetClock('2026-05-10T12:00:00Z');
    told = new ToldEvents();
  });

  function alerts(): LimitAlerts {
    const { dataSource, tenants } = database();
    return new LimitAlerts(dataSource, tenants, new PlanService(tenants, new PlanRepository(clock)), told, clock);
  }

  async function aTenant(tier = 'basic'): Promise<string> {
    const id = newId();
    await sql(`INSERT INTO tenants (id, name, tier) VALUES ($1, 'T', $2)`, [id, tier]);
    return id;
  }

  async function used(tenantId: string, count: number, metric = 'webhooks_received', period = 'day'): Promise<void> {
    await sql(
      `INSERT INTO usage_counters (tenant_id, metric, period, starts_on, count)
       VALUES ($1, $2, $3, date_trunc($3, ${clock.today}::timestamp)::date, $4)
       ON CONFLICT (tenant_id, metric, period, starts_on) DO UPDATE SET count = excluded.count`,
      [tenantId, metric, period, count],
    );
  }

  async function addUsers(tenantId: string, count: number): Promise<void> {
    for (let n = 0; n < count; n++) {
      const id = newId();
      await sql(`INSERT INTO users (tenant_id, id, username, role) VALUES ($1, $2, $3, 'viewer')`, [tenantId, id, id]);
    }
  }

  /** What the tenant was told since it was asked the last time. */
  async function toldTo(tenantId: string): Promise<string[]> {
    await alerts().give();
    const events = told.events.filter((event) => event.tenantId === tenantId);
    told.events.length = 0;
    return events.map(({ type, data }) => `${type} ${(data as { limit: string }).limit}`);
  }

  it('are given at four fifths, and when all is used, with what there is to know', async () => {
    const tenantId = await aTenant();
    await used(tenantId, 799);
    expect(await toldTo(tenantId)).toEqual([]);
    await used(tenantId, 800);
    await alerts().give();
    expect(told.events.filter((event) => event.tenantId === tenantId)).toEqual([
      {
        tenantId,
        type: 'limit.near',
        data: {
          limit: 'max_webhooks_per_day',
          max: 1_000,
          used: 800,
          share: 0.8,
          threshold: 0.8,
          period: 'day',
          starts_on: '2026-05-10',
          resets_at: '2026-05-11T00:00:00.000Z',
          tier: 'basic',
          needed_tier: 'professional',
        },
      },
    ]);
    told.events.length = 0;
    await used(tenantId, 999);
    expect(await toldTo(tenantId)).toEqual([]);
    await used(tenantId, 1_000);
    expect(await toldTo(tenantId)).toEqual(['limit.reached max_webhooks_per_day']);
    expect(await toldTo(tenantId)).toEqual([]);
  });

  it('are both given, the nearer first, where both were passed at once', async () => {
    const tenantId = await aTenant();
    await used(tenantId, 100, 'workflows_executed', 'month');
    expect(await toldTo(tenantId)).toEqual([
      'limit.near max_workflows_per_month',
      'limit.reached max_workflows_per_month',
    ]);
  });

  it('are given once, however many processes look', async () => {
    const tenantId = await aTenant();
    await used(tenantId, 1_000);
    const given = await Promise.all(Array.from({ length: 6 }, () => alerts().give()));
    expect(given.reduce((sum, one) => sum + one)).toBe(2);
    expect(told.events.filter((event) => event.tenantId === tenantId)).toHaveLength(2);
  });

  it('are given again in the next period, and still for the one that has just ended', async () => {
    const tenantId = await aTenant();
    await used(tenantId, 850);
    expect(await toldTo(tenantId)).toEqual(['limit.near max_webhooks_per_day']);
    await used(tenantId, 1_000);
    clock.set('2026-05-11T00:10:00Z');
    expect(await toldTo(tenantId)).toEqual(['limit.reached max_webhooks_per_day']);
    await used(tenantId, 900);
    expect(await toldTo(tenantId)).toEqual(['limit.near max_webhooks_per_day']);
  });

  it('are not given of what is long past', async () => {
    const tenantId = await aTenant();
    await used(tenantId, 1_000);
    clock.set('2026-05-11T01:00:01Z');
    expect(await toldTo(tenantId)).toEqual([]);
  });

  it('count what is made as it is now, and remind of it by the month', async () => {
    const tenantId = await aTenant();
    await addUsers(tenantId, 3);
    expect(await toldTo(tenantId)).toEqual([]);
    await addUsers(tenantId, 1);
    expect(await toldTo(tenantId)).toEqual(['limit.near max_users']);
    expect(await toldTo(tenantId)).toEqual([]);
    clock.set('2026-06-01T00:00:00Z');
    expect(await toldTo(tenantId)).toEqual(['limit.near max_users']);
  });

  it('are given anew of a limit that was changed', async () => {
    const tenantId = await aTenant();
    await used(tenantId, 1_000);
    expect(await toldTo(tenantId)).toHaveLength(2);
    await sql(`UPDATE tenants SET tier = 'professional' WHERE id = $1`, [tenantId]);
    await used(tenantId, 8_000);
    expect(await toldTo(tenantId)).toEqual(['limit.near max_webhooks_per_day']);
  });

  it('are not given where there is no limit, or where nothing is allowed at all', async () => {
    const tenantId = await aTenant('enterprise');
    await used(tenantId, 1_000_000);
    expect(await toldTo(tenantId)).toEqual([]);
    const other = await aTenant();
    await sql(`INSERT INTO plan_overrides (tenant_id, name, max) VALUES ($1, 'max_webhooks_per_day', 0)`, [other]);
    await used(other, 5);
    expect(await toldTo(other)).toEqual([]);
  });

  it('are due as long as their event could not be stored', async () => {
    const tenantId = await aTenant();
    await used(tenantId, 800);
    told.fails = true;
    await expect(alerts().give()).rejects.toThrow('could not be stored');
    told.fails = false;
    expect(await toldTo(tenantId)).toEqual(['limit.near max_webhooks_per_day']);
  });
});
