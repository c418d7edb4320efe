import { eventually } from '../support/eventually';
import { describeMira } from '../support/mira';
import { ApiCalls } from '../../src/enterprise/usage/api-calls';
import { request } from '../support/people';

describeMira('usage', (mira) => {
  it('is analysed: in total, today, of late, and how near the limits are', async () => {
    const { tenantId, apiKey } = await mira().addTenant('admin', 'professional');
    const send = (key: string) =>
      mira().send('/webhook/generic', '{}', { 'x-api-key': apiKey, 'idempotency-key': key });
    for (const key of ['a', 'b', 'b', 'c']) await send(key);
    await request(mira(), 'POST', 'users', { username: `u-${tenantId}` }, apiKey);
    const { status, json } = await mira().get('/api/v1/analytics', { apiKey });
    expect(status).toBe(200);
    const usage = { webhooks_received: 3, users_created: 1, projects_created: 0, workflows_executed: 0 };
    expect(json).toMatchObject({
      tenant_id: tenantId,
      tier: 'professional',
      total_usage: usage,
      today_usage: usage,
      recent_activity: [{ date: expect.stringMatching(/^\d{4}-\d\d-\d\d$/), usage }, {}, {}, {}, {}, {}, {}],
      limits: expect.arrayContaining([
        expect.objectContaining({ limit: 'max_webhooks_per_day', used: 3, share: 0.0003 }),
      ]),
      deliveries: null,
    });
    expect((json['limits'] as { reached_at: string | null }[]).every(({ reached_at }) => reached_at === null)).toBe(
      true,
    );
    expect(Object.keys(json['total_usage'] as object)).toHaveLength(9);
  });

  it('tells where it leads to, and how deliveries go, from the plan with advanced analytics on', async () => {
    const { tenantId: id, apiKey } = await mira().addTenant('admin', 'professional');
    await mira().sql(`INSERT INTO plan_overrides (tenant_id, name, granted) VALUES ($1, 'advanced_analytics', true)`, [
      id,
    ]);
    await mira().sql(`INSERT INTO plan_overrides (tenant_id, name, max) VALUES ($1, 'max_users', 1)`, [id]);
    const { json } = await mira().get('/api/v1/analytics', { apiKey });
    expect(json).toMatchObject({
      limits: expect.arrayContaining([
        expect.objectContaining({ limit: 'max_users', reached_at: expect.stringMatching(/Z$/) }),
      ]),
      deliveries: { attempts: 0, success_rate: null, latency_ms: null },
    });
  });

  it('counts management requests without a write for each', async () => {
    const { tenantId, apiKey } = await mira().addTenant('viewer', 'professional');
    for (let n = 0; n < 5; n++) await mira().get('/api/v1/events', { apiKey });
    await mira().get('/api/v1/events', { apiKey: 'nonsense' });
    const counted = () =>
      mira().sql(`SELECT period, count::int FROM usage_counters WHERE tenant_id = $1 ORDER BY period`, [tenantId]);
    await eventually(async () => {
      await mira().mira.app.get(ApiCalls).flush();
      expect(await counted()).toEqual([
        { period: 'day', count: 5 },
        { period: 'month', count: 5 },
        { period: 'total', count: 5 },
      ]);
    });
  });

  it('is a series without gaps, of days and of months', async () => {
    const { tenantId, apiKey } = await mira().addTenant('viewer');
    const put = (metric: string, period: string, day: string, count: number) =>
      mira().sql('INSERT INTO usage_counters VALUES ($1, $2, $3, $4, $5)', [tenantId, metric, period, day, count]);
    await put('webhooks_received', 'day', '2026-01-30', 4);
    await put('webhooks_received', 'day', '2026-02-01', 6);
    await put('webhooks_received', 'month', '2026-02-01', 6);
    await put('integrations_active', 'day', '2026-01-05', 2);
    await put('integrations_active', 'day', '2026-01-31', 1);
    const series = async (query: string) => (await mira().get(`/api/v1/usage/series?${query}`, { apiKey })).json;
    expect(await series('metric=webhooks_received&period=day&from=2026-01-30&to=2026-02-02')).toEqual({
      metric: 'webhooks_received',
      period: 'day',
      data: [
        { date: '2026-01-30', value: 4 },
        { date: '2026-01-31', value: 0 },
        { date: '2026-02-01', value: 6 },
        { date: '2026-02-02', value: 0 },
      ],
    });
    expect(await series('metric=webhooks_received&period=month&from=2026-01-15&to=2026-03-15')).toMatchObject({
      data: [
        { date: '2026-01-01', value: 0 },
        { date: '2026-02-01', value: 6 },
        { date: '2026-03-01', value: 0 },
      ],
    });
    // A level stays as it was.
    expect(await series('metric=integrations_active&from=2026-01-30&to=2026-02-01')).toMatchObject({
      data: [{ value: 2 }, { value: 1 }, { value: 1 }],
    });
    expect((await series('metric=api_calls'))['data']).toHaveLength(30);
    const csv = await mira().get('/api/v1/usage/export?from=2026-01-30&to=2026-01-31', { apiKey });
    expect([csv.status, csv.headers.get('content-type')]).toEqual([200, 'text/csv; charset=utf-8']);
    expect(csv.body.toString()).toBe(
      'date,users_created,projects_created,webhooks_received,events_synced,webhooks_refused,workflows_executed,workflows_triggered,integrations_active,api_calls\r\n' +
        '2026-01-30,0,0,4,0,0,0,0,2,0\r\n2026-01-31,0,0,0,0,0,0,0,1,0\r\n',
    );
  });

  it.each([
    'period=day',
    'metric=ponies',
    'metric=api_calls&period=year',
    'metric=api_calls&from=2026-02-30',
    'metric=api_calls&from=yesterday',
    'metric=api_calls&from=2026-02-02&to=2026-02-01',
    'metric=api_calls&from=2000-01-01&to=2026-02-01',
  ])('has no series of %s', async (query) => {
    expect((await mira().get(`/api/v1/usage/series?${query}`)).status).toBe(400);
  });
});
