import { MiraConfig } from '../../src/config/mira.config';
import { newId } from '../../src/database/new-id';
import { AnalyticsService } from '../../src/enterprise/usage/analytics.service';
import { ApiCalls } from '../../src/enterprise/usage/api-calls';
import { describeOnEachDatabase } from '../support/databases';
import { idAt } from '../support/id-at';
import { plansOn } from '../support/plans';
import { SetClock } from '../support/set-clock';

describeOnEachDatabase('usage', (database) => {
  let tenantId: string;
  const sql = (text: string, values: unknown[] = []) => database().dataSource.query(text, values);

  beforeEach(async () => {
    tenantId = newId();
    await sql(`INSERT INTO tenants (id, name, tier) VALUES ($1, 'T', 'basic')`, [tenantId]);
  });

  const counters = (metric: string): Promise<{ period: string; starts_on: string; count: number }[]> =>
    sql(
      `SELECT period, starts_on::text, count::int FROM usage_counters WHERE tenant_id = $1 AND metric = $2
       ORDER BY period, starts_on`,
      [tenantId, metric],
    );

  it('is kept by day, by month and in total', async () => {
    const clock = new SetClock('2026-01-31T23:59:59Z');
    const { usage } = plansOn(database(), { clock });
    await usage.recordUsage(tenantId, 'api_calls', 3);
    clock.set('2026-02-01T00:00:00Z');
    await usage.recordUsage(tenantId, 'api_calls');
    expect(await counters('api_calls')).toEqual([
      { period: 'day', starts_on: '2026-01-31', count: 3 },
      { period: 'day', starts_on: '2026-02-01', count: 1 },
      { period: 'month', starts_on: '2026-01-01', count: 3 },
      { period: 'month', starts_on: '2026-02-01', count: 1 },
      { period: 'total', starts_on: '1970-01-01', count: 4 },
    ]);
  });

  it('loses nothing that is counted at the same time', async () => {
    const { usage } = plansOn(database());
    await Promise.all(Array.from({ length: 30 }, () => usage.recordUsage(tenantId, 'api_calls', 2)));
    expect((await counters('api_calls')).at(-1)).toMatchObject({ period: 'total', count: 60 });
  });

  it('is undone with what it counts', async () => {
    const { usage } = plansOn(database());
    const undone = database().tenants.transaction(tenantId, async (manager) => {
      await usage.count(manager, tenantId, 'projects_created');
      throw new Error('undone');
    });
    await expect(undone).rejects.toThrow('undone');
    expect(await counters('projects_created')).toEqual([]);
  });

  it('of a level is set and not added to', async () => {
    const { usage } = plansOn(database());
    await expect(usage.recordUsage(tenantId, 'integrations_active')).rejects.toThrow(/level/);
  });

  it('of management requests is written now and then, and kept while it cannot be', async () => {
    const { usage } = plansOn(database());
    const sut = new ApiCalls(usage, new MiraConfig());
    for (let n = 0; n < 7; n++) sut.count(tenantId);
    expect(await counters('api_calls')).toEqual([]);
    jest.spyOn(usage, 'recordUsage').mockRejectedValueOnce(new Error('away'));
    await expect(sut.flush()).rejects.toThrow('away');
    sut.count(tenantId);
    await sut.flush();
    await sut.flush();
    expect((await counters('api_calls')).at(-1)).toMatchObject({ period: 'total', count: 8 });
  });

  it('is not kept where the configuration says so', async () => {
    const config = Object.assign(new MiraConfig(), { enterprise: { usage_tracking: false, audit_logging: true } });
    const { usage } = plansOn(database(), { config });
    await usage.recordUsage(tenantId, 'api_calls');
    const calls = new ApiCalls(usage, config);
    calls.count(tenantId);
    await calls.flush();
    expect(await counters('api_calls')).toEqual([]);
  });

  it('is analysed with how deliveries went in the last day, and when a limit will be reached', async () => {
    const clock = new SetClock('2026-06-10T12:00:00Z');
    const { usage, counters: rows, limits } = plansOn(database(), { clock });
    await sql(`INSERT INTO plan_overrides (tenant_id, name, granted) VALUES ($1, 'advanced_analytics', true)`, [
      tenantId,
    ]);
    await usage.recordUsage(tenantId, 'webhooks_received', 600);
    const attempt = (deliveryId: string, number: number, outcome: string, durationMs: number) =>
      sql(
        `INSERT INTO delivery_attempts (tenant_id, delivery_id, number, started_at, duration_ms, outcome)
         VALUES ($1, $2, $3, now(), $4, $5)`,
        [tenantId, deliveryId, number, durationMs, outcome],
      );
    const recent = () => idAt(Date.parse('2026-06-10T11:00:00Z'));
    const [first, second, old] = [recent(), recent(), idAt(Date.parse('2026-06-08T11:00:00Z'))];
    await attempt(first, 1, 'retry', 10);
    await attempt(first, 2, 'delivered', 20);
    await attempt(second, 1, 'dead', 30);
    await attempt(old, 1, 'dead', 1_000);
    const { deliveries, limits: uses } = await new AnalyticsService(database().tenants, rows, limits).of(tenantId);
    expect(deliveries).toEqual({
      attempts: 3,
      success_rate: 50,
      latency_ms: { p50: 20, p95: expect.closeTo(29), p99: expect.closeTo(29.8) },
    });
    // 600 in twelve hours are 50 an hour; 400 are left.
    expect(uses.find(({ limit }) => limit === 'max_webhooks_per_day')).toMatchObject({
      share: 0.6,
      reached_at: '2026-06-10T20:00:00.000Z',
      resets_at: '2026-06-11T00:00:00.000Z',
    });
  });
});
