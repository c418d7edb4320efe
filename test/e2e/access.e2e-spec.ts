import { newId } from '../../src/database/new-id';
import { AccessLease } from '@mira/access';
import { describeMira } from '../support/mira';

interface Operation {
  readonly method: string;
  readonly path: string;
}

const METHODS = ['get', 'post', 'put', 'patch', 'delete'];
/** What everybody may do whose credential is good: it is about themselves. */
const ONES_OWN = ['auth', 'api-keys', 'access'];
const SOME_ID = '0190a000-0000-7000-8000-000000000000';
const COLLECTIONS = [
  'webhook-endpoints',
  'integrations',
  'routes',
  'events',
  'deliveries',
  'projects',
  'tenants',
  'users',
  'api-keys',
] as const;
/** What a viewer is answered where it is not: lists and 404 for reading, 403 for all else. */
const VIEWERS: Readonly<Record<string, number>> = {
  'get /api/v1/tenants/{id}/deletion': 403,
  'get /api/v1/tenants/{id}/overrides': 403,
  'get /api/v1/tenants/{id}/tier-preview': 403,
  // It takes a metric.
  'get /api/v1/usage/series': 400,
  'patch /api/v1/users/me': 200,
  'post /api/v1/users/me/password': 400,
};
/** What nobody but an admin may do, with whatever tenant. */
const ADMINS_ALONE: readonly string[] = [
  'patch /api/v1/tenants/{id}',
  'delete /api/v1/tenants/{id}',
  'get /api/v1/tenants/{id}/deletion',
  'get /api/v1/tenants/{id}/tier-preview',
  'get /api/v1/tenants/{id}/overrides',
  'put /api/v1/tenants/{id}/overrides/{name}',
  'delete /api/v1/tenants/{id}/overrides/{name}',
];
/** What is about the tenant itself, and no list of its things. */
const ABOUT_THE_TENANT = ['tenants', 'users', 'api-keys', 'plans', 'limits', 'features', 'analytics', 'usage'];

describeMira('the management routes', (mira) => {
  /** As they are documented, which is how they are routed; without those that need no credential. */
  async function operations(): Promise<Operation[]> {
    const { status, json } = await mira().get('/docs/openapi.json', { apiKey: null });
    expect([status, json['openapi']]).toEqual([200, expect.stringMatching(/^3\.1\./)]);
    return Object.entries(json['paths'] as Record<string, Record<string, { security?: unknown[] }>>)
      .filter(([path]) => path.startsWith('/api/'))
      .flatMap(([path, item]) =>
        METHODS.filter((method) => item[method] && item[method].security?.length !== 0).map((method) => ({
          method,
          path,
        })),
      );
  }

  function thingsOf(path: string): string {
    return path.split('/')[3] ?? '';
  }

  function callEach(all: readonly Operation[], headers: Record<string, string>) {
    const json = { 'content-type': 'application/json', ...headers };
    return Promise.all(
      all.map(async ({ method, path }) => {
        const body = method === 'get' ? undefined : '{}';
        const address = path.replaceAll(/\{\w+\}/g, SOME_ID);
        const answer = await mira().call(method.toUpperCase(), address, body, { apiKey: null, headers: json });
        return { operation: `${method} ${path}`, answer };
      }),
    );
  }

  it('are the ones that there should be', async () => {
    const documented = (await operations()).map(({ method, path }) => `${method} ${path}`);
    expect(documented).toContain('get /api/v1/auth/me');
    expect(documented).not.toContain('post /api/v1/auth/login');
    for (const things of COLLECTIONS) {
      expect(documented).toContain(`get /api/v1/${things}`);
      expect(documented).toContain(`get /api/v1/${things}/{id}`);
    }
    expect(documented).toContain('post /api/v1/deliveries/{id}/retry');
    expect(documented).toContain('get /api/v1/events/{id}/body');
    expect(documented).toContain('get /api/v1/tenants/{id}/deletion');
    expect(documented).toContain('post /api/v1/users/me/password');
  });

  it.each([
    ['no credential', {}],
    ['a key that is none', { 'x-api-key': 'nonsense' }],
    ['an empty key', { 'x-api-key': '' }],
    ['a key that was never made', { 'x-api-key': `mira_${'0'.repeat(38)}` }],
    ['a bearer token that is none', { authorization: 'Bearer nonsense' }],
    ['another scheme', { authorization: 'Basic YWRtaW46YWRtaW4=' }],
    ['a cookie', { cookie: 'session=admin' }],
  ])('refuse %s, each of them', async (_case, headers) => {
    const before = await mira().rows();
    for (const { operation, answer } of await callEach(await operations(), { ...headers })) {
      expect({ operation, status: answer.status, json: answer.json }).toMatchObject({
        operation,
        status: 401,
        json: { type: 'urn:mira:problem:unauthorized', status: 401, request_id: expect.any(String) },
      });
      expect(answer.headers.get('content-type')).toBe('application/problem+json');
      expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer/);
    }
    expect(await mira().rows()).toEqual(before);
  });

  it('let a good key in, in either header', async () => {
    const { apiKey } = mira();
    for (const [name, value] of [
      ['x-api-key', apiKey],
      ['authorization', `Bearer ${apiKey}`],
      ['authorization', `bearer ${apiKey}`],
    ] as const) {
      expect((await mira().get('/api/v1/events', { apiKey: null, headers: { [name]: value } })).status).toBe(200);
    }
  });

  it('do nothing for a viewer that needs more than reading', async () => {
    const { apiKey } = await mira().addTenant('viewer', 'professional');
    const before = await mira().rows();
    const others = (await operations()).filter(({ path }) => !ONES_OWN.includes(thingsOf(path)));
    for (const { operation, answer } of await callEach(others, { 'x-api-key': apiKey })) {
      const status = VIEWERS[operation] ?? (operation.startsWith('get ') ? readStatus(operation) : 403);
      expect({ operation, status: answer.status }).toEqual({ operation, status });
      if (status === 403) expect(answer.json).toMatchObject({ type: 'urn:mira:problem:forbidden' });
    }
    expect(await mira().rows()).toEqual(before);
  });

  /** Lists are there and empty; the id is nobody's. */
  function readStatus(operation: string): number {
    return operation.includes('{') ? 404 : 200;
  }

  it("know nothing of another tenant's things", async () => {
    // Not an admin, for admins cross tenants.
    const { apiKey } = await mira().addTenant('manager', 'professional');
    const ids: Record<string, string> = await someIds();

    for (const { method, path } of await operations()) {
      const things = thingsOf(path);
      if (things === 'auth' || things === 'access') continue;
      const headers = { 'content-type': 'application/json', 'x-api-key': apiKey };
      if (!path.includes('{')) {
        if (method !== 'get') continue;
        const { json, body } = await mira().call('GET', path, undefined, { apiKey: null, headers });
        const shown = Object.values(ids).filter((id) => body.includes(id));
        expect({ path, shown }).toEqual({ path, shown: [] });
        // Themselves and their tenant they do see.
        if (!ABOUT_THE_TENANT.includes(things)) expect({ path, data: json['data'] }).toEqual({ path, data: [] });
        continue;
      }
      const id = ids[things] ?? '';
      const body = method === 'get' ? undefined : bodyFor(path);
      const call = { apiKey: null, headers };
      const theirs = await mira().call(method.toUpperCase(), path.replace(/\{\w+\}/, id), body, call);
      const nobodys = await mira().call(method.toUpperCase(), path.replace(/\{\w+\}/, SOME_ID), body, call);
      const status = ADMINS_ALONE.includes(`${method} ${path}`) ? 403 : 404;
      expect({ method, path, status: theirs.status }).toEqual({ method, path, status });
      // In the same words: an id says nothing of whether it is somebody's.
      expect({ ...theirs.json, request_id: '' }).toEqual({ ...nobodys.json, request_id: '' });
      // Whose it is sees it still, and as it was.
      expect((await mira().get(`/api/v1/${things}/${id}`)).status).toBe(200);
    }
    for (const things of ['webhook-endpoints', 'users']) {
      const { json } = await mira().get(`/api/v1/${things}/${ids[things] ?? ''}`);
      expect(json['enabled'] ?? json['active']).toBe(true);
    }
  });

  it('give another tenant no way to deliver through an integration that is not its own', async () => {
    const { apiKey } = await mira().addTenant();
    const { id } = await mira().createIntegration('http://127.0.0.1:9');
    const target = { kind: 'n8n', integration_id: id, webhook_path: 'x' };
    const answer = await mira().post('/api/v1/routes', { name: 'r', service: 'n8n', target }, { apiKey });
    expect(answer.status).toBe(400);
    expect(answer.json).toMatchObject({ errors: [{ field: 'target.integration_id' }] });
  });

  it('stop letting a key in the moment that it, its owner or its tenant is put out of use', async () => {
    const { tenantId, apiKey } = await mira().addTenant();
    const status = async () => (await mira().get('/api/v1/events', { apiKey })).status;
    const change = async (statement: string) => {
      await mira().sql(statement, [tenantId]);
      await mira().mira.app.get(AccessLease).passed();
    };
    for (const [out, back] of [
      ['UPDATE tenants SET active = false WHERE id = $1', 'UPDATE tenants SET active = true WHERE id = $1'],
      ['UPDATE users SET active = false WHERE tenant_id = $1', 'UPDATE users SET active = true WHERE tenant_id = $1'],
      [
        `UPDATE api_keys SET expires_at = now() - interval '1 s' WHERE tenant_id = $1`,
        'UPDATE api_keys SET expires_at = NULL WHERE tenant_id = $1',
      ],
      [
        'UPDATE api_keys SET revoked_at = now() WHERE tenant_id = $1',
        'UPDATE api_keys SET revoked_at = NULL WHERE tenant_id = $1',
      ],
    ] as const) {
      expect(await status()).toBe(200);
      await change(out);
      expect(await status()).toBe(401);
      await change(back);
    }
  });

  it('are not all there is: what nobody routed is not found, with and without a key', async () => {
    for (const path of ['/api/v1/nonsense', '/api', '/nonsense', '/api/v1/events/../../health/nonsense']) {
      for (const apiKey of [null, mira().apiKey]) {
        expect(await mira().get(path, { apiKey })).toMatchObject({
          status: 404,
          json: { type: 'urn:mira:problem:not-found' },
        });
      }
    }
  });

  it('are closed, and only they: the probes, the metrics and the documents are open', async () => {
    for (const path of ['/health', '/health/live', '/health/ready', '/metrics', '/metrics/prometheus', '/docs']) {
      expect([path, (await mira().get(path, { apiKey: null })).status]).toEqual([path, 200]);
    }
  });

  async function anApiKey(): Promise<string> {
    const { data } = (await mira().get('/api/v1/api-keys')).json as { data: { id: string }[] };
    return String(data[0]?.id);
  }

  /** One of each collection, all of them the default tenant's. */
  async function someIds(): Promise<Record<(typeof COLLECTIONS)[number], string>> {
    const endpoint = await mira().createEndpoint('github');
    const integration = await mira().createIntegration('http://127.0.0.1:9');
    const target = { kind: 'n8n', integration_id: integration.id, webhook_path: 'x' };
    const route = await mira().createRoute('generic', target);
    const event = (await mira().post('/webhook/generic', { type: 'a' })).json['id'];
    const { deliveries } = (await mira().get(`/api/v1/events/${String(event)}`)).json as {
      deliveries: { id: string }[];
    };
    const project = newId();
    const [me] = await mira().sql(
      `INSERT INTO projects (tenant_id, id, name)
       SELECT t.id, $1, 'of the default tenant' FROM tenants t WHERE t.is_default
       RETURNING tenant_id, (SELECT u.id FROM users u WHERE u.tenant_id = projects.tenant_id AND u.role = 'admin') AS id`,
      [project],
    );
    return {
      'webhook-endpoints': endpoint.id,
      integrations: integration.id,
      routes: route.id,
      events: String(event),
      deliveries: String(deliveries[0]?.id),
      projects: project,
      tenants: String(me?.['tenant_id']),
      users: String(me?.['id']),
      'api-keys': await anApiKey(),
    };
  }
});

/** Valid, so that nothing but whose thing it is can be wrong. */
function bodyFor(path: string): string {
  if (path.endsWith('webhook-endpoints/{id}')) return '{"enabled":false}';
  return path.endsWith('users/{id}') ? '{"active":false}' : '{}';
}
