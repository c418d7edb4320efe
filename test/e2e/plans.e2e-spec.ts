import { describeMira } from '../support/mira';
import { addPerson, request } from '../support/people';

const N8N = { kind: 'n8n', name: 'N', config: { base_url: 'http://127.0.0.1:5678' } };
const SOME_ID = '0190a000-0000-7000-8000-000000000000';

describeMira('plans', (mira) => {
  it('are shown to whoever is signed in', async () => {
    const { apiKey } = await mira().addTenant('viewer');
    const { status, json } = await mira().get('/api/v1/plans', { apiKey });
    expect(status).toBe(200);
    expect(json).toMatchObject({
      data: [
        { tier: 'basic', annual_revenue_usd: 50_000, limits: { max_users: 5, max_webhooks_per_day: 1_000 } },
        { tier: 'professional', annual_revenue_usd: 500_000, limits: { max_projects: 100 } },
        { tier: 'enterprise', annual_revenue_usd: 5_000_000, limits: { max_integrations: -1 } },
      ],
      next_cursor: null,
    });
  });

  it('show what is used of them, and what they include', async () => {
    const { tenantId, apiKey } = await mira().addTenant('viewer');
    const limits = await mira().get('/api/v1/limits', { apiKey });
    expect(limits.json).toEqual({
      tenant_id: tenantId,
      tier: 'basic',
      limits: expect.arrayContaining([
        { limit: 'max_users', max: 5, used: 1, remaining: 4, share: 0.2, resets_at: null },
        {
          limit: 'max_webhooks_per_day',
          max: 1_000,
          used: 0,
          remaining: 1_000,
          share: 0,
          resets_at: expect.stringMatching(/T00:00:00\.000Z$/),
        },
      ]),
    });
    const features = await mira().get('/api/v1/features', { apiKey });
    expect(features.json).toEqual({
      tenant_id: tenantId,
      tier: 'basic',
      features: expect.arrayContaining([
        { feature: 'webhook_support', included: true, needed_tier: null },
        { feature: 'n8n_integration', included: false, needed_tier: 'professional' },
        { feature: 'audit_logging', included: false, needed_tier: 'enterprise' },
      ]),
    });
  });

  it('answer 402 for one user too many, and not after a change of tier', async () => {
    const { tenantId, apiKey } = await mira().addTenant();
    for (let n = 0; n < 4; n++) await addPerson(mira(), tenantId, 'viewer');
    const aUser = { username: `one-more-of-${tenantId}`, role: 'viewer' };
    const refused = await request(mira(), 'POST', 'users', aUser, apiKey);
    expect(refused.status).toBe(402);
    expect(refused.json).toEqual({
      type: 'urn:mira:problem:limit-reached',
      title: 'Limit of the plan reached',
      status: 402,
      detail: 'The plan allows 5 users, and there are 5.',
      request_id: expect.any(String),
      limit: 5,
      used: 5,
      tier: 'basic',
      needed_tier: 'professional',
    });
    const explained = await mira().get('/api/v1/access/explain?permission=user:create', { apiKey });
    expect(explained.json).toMatchObject({ allowed: false, by: 'quota' });
    expect((await request(mira(), 'PATCH', `tenants/${tenantId}`, { tier: 'professional' })).status).toBe(200);
    expect((await request(mira(), 'POST', 'users', aUser, apiKey)).status).toBe(201);
  });

  it('answer 403 for a feature that is not among theirs, until it is granted', async () => {
    const { tenantId, apiKey } = await mira().addTenant();
    const refused = await request(mira(), 'POST', 'integrations', N8N, apiKey);
    expect(refused.status).toBe(403);
    expect(refused.json).toMatchObject({
      type: 'urn:mira:problem:feature-not-in-plan',
      feature: 'n8n_integration',
      tier: 'basic',
      needed_tier: 'professional',
    });
    const explain = () => mira().get('/api/v1/access/explain?permission=integration:create', { apiKey });
    expect((await explain()).json).toMatchObject({ allowed: false, by: 'plan' });
    const put = await request(mira(), 'PUT', `tenants/${tenantId}/overrides/n8n_integration`, { granted: true });
    expect([put.status, put.json]).toEqual([200, { name: 'n8n_integration', granted: true, ends_at: null }]);
    expect((await explain()).json).toMatchObject({ allowed: true });
    expect((await request(mira(), 'POST', 'integrations', N8N, apiKey)).status).toBe(201);
  });

  it('keep the analytics for those that have them', async () => {
    const { tenantId, apiKey } = await mira().addTenant('viewer');
    const refused = await mira().get('/api/v1/analytics', { apiKey });
    expect([refused.status, refused.json['type']]).toEqual([403, 'urn:mira:problem:feature-not-in-plan']);
    await request(mira(), 'PATCH', `tenants/${tenantId}`, { tier: 'professional' });
    expect((await mira().get('/api/v1/analytics', { apiKey })).status).toBe(200);
    await request(mira(), 'PATCH', `tenants/${tenantId}`, { tier: 'basic' });
    expect((await mira().get('/api/v1/analytics', { apiKey })).status).toBe(403);
  });

  it('are agreed on by admins alone, until a moment that is told', async () => {
    const { tenantId, apiKey } = await mira().addTenant('manager');
    const path = `tenants/${tenantId}/overrides`;
    expect((await request(mira(), 'PUT', `${path}/max_users`, { max: 50 }, apiKey)).status).toBe(403);
    const until = { max: 7, ends_at: '2100-01-01T00:00:00Z' };
    expect((await request(mira(), 'PUT', `${path}/max_users`, until)).status).toBe(200);
    expect((await mira().get(`/api/v1/${path}`)).json).toEqual({
      data: [{ name: 'max_users', max: 7, ends_at: '2100-01-01T00:00:00.000Z' }],
      next_cursor: null,
    });
    const used = async () => JSON.stringify((await mira().get('/api/v1/limits', { apiKey })).json);
    expect(await used()).toContain('"limit":"max_users","max":7');
    expect((await request(mira(), 'DELETE', `${path}/max_users`)).status).toBe(204);
    expect((await request(mira(), 'DELETE', `${path}/max_users`)).status).toBe(404);
    expect(await used()).toContain('"limit":"max_users","max":5');
  });

  it.each([
    ['max_users', { granted: true }, 400],
    ['max_users', {}, 400],
    ['max_users', { max: -2 }, 400],
    ['max_users', { max: 1.5 }, 400],
    ['max_users', { max: null }, 400],
    ['max_users', { max: 5, granted: true }, 400],
    ['max_users', { max: 5, ends_at: 'tomorrow' }, 400],
    ['max_users', { max: 5, ends_at: 5 }, 400],
    ['max_users', { max: 5, ends_at: '2026-13-01T00:00:00Z' }, 400],
    ['n8n_integration', { max: 5 }, 400],
    ['n8n_integration', { granted: 'yes' }, 400],
    ['max_ponies', { max: 5 }, 404],
    ['constructor', { granted: true }, 404],
  ])('take for %s no %j', async (name, body, status) => {
    const { tenantId } = await mira().addTenant();
    expect((await request(mira(), 'PUT', `tenants/${tenantId}/overrides/${name}`, body)).status).toBe(status);
    expect((await mira().get(`/api/v1/tenants/${tenantId}/overrides`)).json['data']).toEqual([]);
  });

  it('of a tenant that there is not are not found', async () => {
    expect((await request(mira(), 'PUT', `tenants/${SOME_ID}/overrides/max_users`, { max: 5 })).status).toBe(404);
    expect((await mira().get(`/api/v1/tenants/${SOME_ID}/overrides`)).status).toBe(404);
    expect((await mira().get(`/api/v1/tenants/${SOME_ID}/tier-preview?tier=basic`)).status).toBe(404);
  });

  it('say before a change of tier what it would mean', async () => {
    const { tenantId } = await mira().addTenant('admin', 'professional');
    for (let n = 0; n < 6; n++) await addPerson(mira(), tenantId, 'viewer');
    const { status, json } = await mira().get(`/api/v1/tenants/${tenantId}/tier-preview?tier=basic`);
    expect(status).toBe(200);
    expect(json).toMatchObject({
      tenant_id: tenantId,
      tier: 'professional',
      tier_then: 'basic',
      limits: expect.arrayContaining([{ limit: 'max_users', max: 50, max_then: 5, used: 7, exceeds_by: 2 }]),
      features_gained: [],
      features_lost: expect.arrayContaining(['n8n_integration', 'analytics_dashboard']),
    });
    expect((await mira().get(`/api/v1/tenants/${tenantId}/tier-preview?tier=gold`)).status).toBe(400);
  });

  it('answer 429 for one webhook too many today, and store nothing of it', async () => {
    const { tenantId, apiKey } = await mira().addTenant();
    await request(mira(), 'PUT', `tenants/${tenantId}/overrides/max_webhooks_per_day`, { max: 2 });
    const send = (key: string) =>
      mira().send('/webhook/generic', '{"a":1}', { 'x-api-key': apiKey, 'idempotency-key': key });
    expect((await send('one')).status).toBe(202);
    await request(mira(), 'DELETE', `tenants/${tenantId}/overrides/max_webhooks_per_day`);
    await mira().sql(`UPDATE usage_counters SET count = 999 WHERE tenant_id = $1 AND period = 'day'`, [tenantId]);
    expect((await send('two')).status).toBe(202);
    const before = await mira().rows();
    const refused = await send('three');
    expect(refused.status).toBe(429);
    expect(refused.json).toEqual({
      type: 'urn:mira:problem:quota-exceeded',
      title: 'Quota exceeded',
      status: 429,
      detail: expect.any(String),
      request_id: expect.any(String),
      limit: 1_000,
      used: 1_000,
      resets_at: expect.stringMatching(/T00:00:00\.000Z$/),
      tier: 'professional',
      needed_tier: 'professional',
      current_tier: 'basic',
    });
    const seconds = Number(refused.headers.get('retry-after'));
    expect(seconds).toBeGreaterThan(0);
    expect(seconds).toBeLessThanOrEqual(86_400);
    expect(refused.headers.get('ratelimit-policy')).toBe('"webhooks_per_day";q=1000;w=86400');
    expect(refused.headers.get('ratelimit')).toBe(`"webhooks_per_day";r=0;t=${seconds}`);
    expect(await mira().rows()).toEqual(before);
    // What is there already is no new webhook.
    expect((await send('one')).status).toBe(200);
    expect((await mira().get('/metrics', { apiKey: null })).json).toMatchObject({ quota_exceeded_requests: 1 });
    expect((await mira().get('/api/v1/access/explain?permission=webhook:receive', { apiKey })).json).toMatchObject({
      allowed: false,
      by: 'quota',
    });
  });
});
