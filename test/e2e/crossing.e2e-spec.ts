import { CrossingLog } from '@mira/access';
import { describeMira } from '../support/mira';
import { aPerson, bearer, signedIn } from '../support/people';

const EVENTS = '/api/v1/events';
const NOBODYS = '0198c0de-0000-7000-8000-00000000dead';

describeMira("another's tenant", (mira) => {
  let record: jest.SpyInstance;
  beforeEach(() => {
    record = jest.spyOn(mira().mira.app.get(CrossingLog), 'record');
  });
  afterEach(() => record.mockRestore());

  const get = (path: string, apiKey: string, tenant?: string) =>
    mira().get(path, { apiKey, headers: tenant === undefined ? {} : { 'x-tenant-id': tenant } });

  it('is open to an admin who names it, in the header or the query, and each time is reported', async () => {
    const { tenantId, apiKey: theirs } = await mira().addTenant();
    const { apiKey, userId, tenantId: home } = await aPerson(mira(), 'admin');
    const { json: endpoint } = await mira().post(
      '/api/v1/webhook-endpoints',
      { service: 'github', name: 'theirs' },
      { apiKey: theirs },
    );
    const path = `/api/v1/webhook-endpoints/${String(endpoint['id'])}`;
    expect((await get(path, apiKey)).status).toBe(404);
    expect(record).not.toHaveBeenCalled();
    expect((await get(path, apiKey, tenantId)).status).toBe(200);
    expect((await get(`${path}?tenant_id=${tenantId}`, apiKey)).status).toBe(200);
    expect((await get(`/api/v1/webhook-endpoints?limit=5&tenant_id=${tenantId}`, apiKey)).json['data']).toHaveLength(1);
    expect(record).toHaveBeenCalledTimes(3);
    expect(record).toHaveBeenNthCalledWith(1, {
      userId,
      apiKeyId: expect.any(String),
      fromTenantId: home,
      toTenantId: tenantId,
      route: 'GET /api/v1/webhook-endpoints/:id',
      origin: { address: '127.0.0.1', userAgent: expect.any(String), requestId: expect.any(String) },
    });
  });

  it('is open by access token too, tells whose it is, and stays open when it is not active', async () => {
    const { tenantId } = await mira().addTenant();
    const admin = await aPerson(mira(), 'admin');
    const { access } = await signedIn(mira(), admin);
    await mira().sql('UPDATE tenants SET active = false WHERE id = $1', [tenantId]);
    const { apiKey, headers } = bearer(access);
    const me = await mira().get('/api/v1/auth/me', { apiKey, headers: { ...headers, 'x-tenant-id': tenantId } });
    expect(me).toMatchObject({
      status: 200,
      json: { user: { id: admin.userId, tenant_id: admin.tenantId }, tenant: { id: tenantId } },
    });
  });

  it('is not open to an admin whose own plan lacks it, whether it exists or not', async () => {
    const { tenantId } = await mira().addTenant();
    const { apiKey } = await mira().addTenant('admin', 'professional');
    const answers = [await get(EVENTS, apiKey, tenantId), await get(EVENTS, apiKey, NOBODYS)];
    for (const { status, json } of answers) {
      expect([status, json['feature'], json['needed_tier']]).toEqual([403, 'multi_tenant_rbac', 'enterprise']);
    }
    expect(record).not.toHaveBeenCalled();
  });

  it('does not exist for anybody else, in the words of one that does not exist at all', async () => {
    const { tenantId } = await mira().addTenant();
    const answers = [
      await get(EVENTS, (await aPerson(mira(), 'manager')).apiKey, tenantId),
      await get(EVENTS, (await aPerson(mira(), 'manager')).apiKey, NOBODYS),
      await get(EVENTS, mira().apiKey, NOBODYS),
    ];
    for (const { status, json } of answers) {
      expect(status).toBe(404);
      expect({ ...json, request_id: '' }).toEqual({ ...answers[0]?.json, request_id: '' });
    }
    expect(record).not.toHaveBeenCalled();
  });

  it('is not entered where the crossing cannot be reported', async () => {
    const { tenantId } = await mira().addTenant();
    record.mockRejectedValueOnce(new Error('the log is full'));
    expect((await get(EVENTS, mira().apiKey, tenantId)).status).toBe(500);
  });

  it("is not one's own, which anybody may name", async () => {
    const { apiKey, tenantId } = await aPerson(mira(), 'viewer');
    expect((await get(EVENTS, apiKey, tenantId)).status).toBe(200);
    expect((await get(`${EVENTS}?tenant_id=${tenantId.toUpperCase()}`, apiKey)).status).toBe(200);
    expect(record).not.toHaveBeenCalled();
  });

  it.each(['nonsense', '', `${NOBODYS},${NOBODYS}`])('cannot be named %j', async (tenant) => {
    expect((await get(EVENTS, mira().apiKey, tenant)).status).toBe(400);
    expect((await get(`${EVENTS}?tenant_id=${tenant}`, mira().apiKey)).status).toBe(400);
  });

  it("has no keys of the admin's own: for whom one is made has to be said", async () => {
    const { tenantId } = await mira().addTenant();
    const member = await aPerson(mira(), 'user', { tenantId });
    const call = { headers: { 'x-tenant-id': tenantId } };
    expect((await mira().post('/api/v1/api-keys', { name: 'k' }, call)).status).toBe(400);
    const made = await mira().post('/api/v1/api-keys', { name: 'k', user_id: member.userId }, call);
    expect(made.status).toBe(201);
    expect((await get('/api/v1/auth/me', String(made.json['key']))).json).toMatchObject({ tenant: { id: tenantId } });
  });
});
