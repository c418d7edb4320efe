import { newId } from '../../src/database/new-id';
import { AuditNoteWriter } from '../../src/enterprise/audit/audit.note-writer';
import { describeMira } from '../support/mira';
import {
  addPerson,
  aPerson,
  bearer,
  PASSWORD,
  type Person,
  refresh,
  request,
  signedIn,
  signIn,
} from '../support/people';

const LOGS = '/api/v1/audit-logs';

type Entry = Record<string, unknown>;

describeMira('audit logs', (mira) => {
  let admin: Person;
  beforeAll(async () => {
    admin = await aPerson(mira(), 'admin');
  });

  async function entries(query = '', apiKey = admin.apiKey): Promise<Entry[]> {
    await mira().mira.app.get(AuditNoteWriter).run();
    const { status, json } = await mira().get(`${LOGS}?limit=200${query}`, { apiKey });
    expect(status).toBe(200);
    return json['data'] as Entry[];
  }

  const as = (method: string, path: string, body?: unknown, who: { apiKey: string } = admin) =>
    request(mira(), method, path, body, who.apiKey);

  const enterprise = async (): Promise<{ tenantId: string; apiKey: string }> => {
    const tenant = await mira().addTenant();
    await mira().sql(`UPDATE tenants SET tier = 'enterprise' WHERE id = $1`, [tenant.tenantId]);
    return tenant;
  };

  it('have an entry for each change of a user, an endpoint, a route, an integration and a key', async () => {
    const made = await as('POST', 'users', { username: `u-${newId()}`, role: 'user', password: PASSWORD });
    const userId = String(made.json['id']);
    await as('PATCH', `users/${userId}`, { role: 'viewer', password: `${PASSWORD} again` });
    await as('DELETE', `users/${userId}`);
    const endpoint = await as('POST', 'webhook-endpoints', { service: 'github', name: 'e' });
    const endpointId = String(endpoint.json['id']);
    await as('PATCH', `webhook-endpoints/${endpointId}`, { name: 'f' });
    const rotatedEndpoint = await as('POST', `webhook-endpoints/${endpointId}/rotate-secret`, { grace_seconds: 5 });
    await as('DELETE', `webhook-endpoints/${endpointId}`);
    const config = { base_url: 'http://127.0.0.1:5678', api_key: 'n8n-api-key-of-a-test' };
    const integration = await as('POST', 'integrations', { kind: 'n8n', name: 'i', config });
    const integrationId = String(integration.json['id']);
    await as('PATCH', `integrations/${integrationId}`, { name: 'j' });
    const rotatedIntegration = await as('POST', `integrations/${integrationId}/rotate-signing-secret`);
    const target = { kind: 'n8n', integration_id: integrationId, webhook_path: 'p' };
    const route = await as('POST', 'routes', { name: 'r', service: 'github', target });
    const routeId = String(route.json['id']);
    await as('PATCH', `routes/${routeId}`, { enabled: false });
    await as('DELETE', `routes/${routeId}`);
    await as('DELETE', `integrations/${integrationId}`);
    const key = await as('POST', 'api-keys', { name: 'k' });
    const keyId = String(key.json['id']);
    const rotatedKey = await as('POST', `api-keys/${keyId}/rotate`, { grace_seconds: 0 });
    await as('DELETE', `api-keys/${keyId}`);

    const told = await entries(`&user_id=${admin.userId}`);
    const acts = told.map(({ action, resource_id: id }) => `${String(action)} ${String(id)}`).toReversed();
    expect(acts).toEqual([
      `user.created ${userId}`,
      `user.updated ${userId}`,
      `user.deleted ${userId}`,
      `webhook_endpoint.created ${endpointId}`,
      `webhook_endpoint.updated ${endpointId}`,
      `webhook_endpoint.secret_rotated ${endpointId}`,
      `webhook_endpoint.deleted ${endpointId}`,
      `integration.created ${integrationId}`,
      `integration.updated ${integrationId}`,
      `integration.signing_secret_rotated ${integrationId}`,
      `route.created ${routeId}`,
      `route.updated ${routeId}`,
      `route.deleted ${routeId}`,
      `integration.deleted ${integrationId}`,
      `api_key.created ${keyId}`,
      `api_key.rotated ${keyId}`,
      `api_key.deleted ${keyId}`,
    ]);
    expect(told.at(-2)).toMatchObject({
      before: { role: 'user' },
      after: { role: 'viewer', password_changed: true },
      address: '127.0.0.1',
      user_agent: expect.any(String),
      request_id: expect.any(String),
      api_key_id: expect.any(String),
    });

    const rows = await mira().sql('SELECT content::text, personal::text FROM audit_logs');
    const everything = JSON.stringify(rows);
    const secrets = [
      PASSWORD,
      config.api_key,
      endpoint.json['secret'],
      rotatedEndpoint.json['secret'],
      integration.json['signing_secret'],
      rotatedIntegration.json['signing_secret'],
      key.json['key'],
      rotatedKey.json['key'],
    ];
    for (const secret of secrets) expect(everything).not.toContain(JSON.stringify(secret).slice(1, -1));
    expect(everything).not.toContain('$argon2');
  });

  it('have an entry for what people do to their own account, and for each sign-in', async () => {
    const person = await aPerson(mira(), 'user');
    await signIn(mira(), person.username, 'not the password');
    const { access, refresh: used } = await signedIn(mira(), person);
    await refresh(mira(), used);
    await mira().sql(`UPDATE refresh_tokens SET used_at = used_at - interval '1 minute' WHERE used_at IS NOT NULL`);
    await refresh(mira(), used);
    expect(access).not.toBe('');
    const next = await signedIn(mira(), person);
    const call = bearer(next.access);
    await mira().call('PATCH', '/api/v1/users/me', JSON.stringify({ email: `${person.userId}@example.com` }), {
      ...call,
      headers: { ...call.headers, 'content-type': 'application/json' },
    });
    const passwords = { old_password: PASSWORD, new_password: `${PASSWORD}, the second` };
    expect((await mira().post('/api/v1/users/me/password', passwords, call)).status).toBe(204);
    await mira().post('/api/v1/auth/logout', {}, call);
    const last = bearer(
      await signIn(mira(), person.username, passwords.new_password).then(({ json }) => String(json['access_token'])),
    );
    await mira().post('/api/v1/auth/logout-all', {}, last);

    const all = await entries();
    const sessionIds = (await mira().sql('SELECT id FROM sessions WHERE user_id = $1', [person.userId])).map(
      ({ id }) => id,
    );
    const theirs = all.filter(({ resource_id: id }) => id === person.userId || sessionIds.includes(id)).toReversed();
    expect(theirs.map(({ action, outcome, user_id: userId }) => [action, outcome, userId])).toEqual(
      expect.arrayContaining([
        ['user.sign_in_failed', 'denied', null],
        ['session.signed_in', 'allowed', person.userId],
        ['session.ended_by_token_reuse', 'denied', null],
        ['user.updated', 'allowed', person.userId],
        ['user.password_changed', 'allowed', person.userId],
        ['session.signed_out', 'allowed', person.userId],
        ['user.signed_out_everywhere', 'allowed', person.userId],
      ]),
    );
    expect(theirs.filter(({ action }) => action === 'session.signed_in')).toHaveLength(3);
    expect(JSON.stringify(theirs)).not.toContain(passwords.new_password);
  });

  it('have nothing of a sign-in under a name that is nobody’s', async () => {
    const before = (await entries()).length;
    await signIn(mira(), 'a password typed in the wrong place');
    expect(await entries()).toHaveLength(before);
  });

  it('have an entry for a request that was denied, with what was missing', async () => {
    const viewer = await aPerson(mira(), 'viewer');
    await as('DELETE', `webhook-endpoints/${newId()}`, undefined, viewer);
    expect(await entries(`&user_id=${viewer.userId}`)).toMatchObject([
      {
        action: 'access.denied',
        outcome: 'denied',
        resource_type: 'route',
        resource_id: 'DELETE /api/v1/webhook-endpoints/:id',
        after: { missing_permissions: ['webhook:configure'] },
      },
    ]);
  });

  it('have an entry for the retry of a delivery, and none where it was refused', async () => {
    const before = await entries('&resource_type=delivery');
    expect((await as('POST', `deliveries/${newId()}/retry`)).status).toBe(404);
    expect(await entries('&resource_type=delivery')).toEqual(before);
    const endpoint = await mira().createEndpoint('generic');
    const integration = await mira().createIntegration('http://127.0.0.1:9');
    await mira().createRoute('generic', { kind: 'n8n', integration_id: integration.id, webhook_path: 'p' });
    const { json } = await mira().send(`/webhook/generic`, '{}', { 'x-api-key': mira().apiKey });
    expect(endpoint.id).not.toBe('');
    await mira().sql(
      `UPDATE deliveries SET status = 'dead', next_attempt_at = NULL, completed_at = now(), reason = 'r'
      WHERE event_id = $1`,
      [json['id']],
    );
    const [delivery] = await mira().sql('SELECT id FROM deliveries WHERE event_id = $1', [json['id']]);
    expect((await as('POST', `deliveries/${String(delivery?.['id'])}/retry`)).status).toBe(202);
    expect(await entries('&action=delivery.retried')).toMatchObject([
      { resource_id: delivery?.['id'], before: { status: 'dead' }, after: { status: 'queued' } },
    ]);
  });

  describe('of tenants', () => {
    it('have an entry in the maker’s own trail, and for a change in both', async () => {
      const { tenantId, apiKey } = await enterprise();
      const made = await as('POST', 'tenants', { name: 'Made' });
      await as('PATCH', `tenants/${tenantId}`, { name: 'Renamed' });
      const [updated, created] = await entries('&resource_type=tenant');
      expect(created).toMatchObject({ action: 'tenant.created', resource_id: made.json['id'], user_id: admin.userId });
      const change = { action: 'tenant.updated', resource_id: tenantId, after: { name: 'Renamed' } };
      expect(updated).toMatchObject({ ...change, home_tenant_id: null });
      expect(await entries('', apiKey)).toMatchObject([{ ...change, home_tenant_id: admin.tenantId }]);
    });

    it('have an entry for their deletion in the deleting admin’s trail, and their own goes with them', async () => {
      const { tenantId, apiKey } = await enterprise();
      await as('POST', 'webhook-endpoints', { service: 'github', name: 'e' }, { apiKey });
      const deleted = await as('DELETE', `tenants/${tenantId}`);
      expect(deleted).toMatchObject({ status: 200, json: { deleted: { audit_logs: 1, audit_heads: 1 } } });
      expect((await entries('&action=tenant.deleted'))[0]).toMatchObject({
        resource_id: tenantId,
        before: { name: 'Another' },
        after: { deleted: { audit_logs: 1 } },
      });
      expect(await mira().sql('SELECT FROM audit_logs WHERE tenant_id = $1', [tenantId])).toEqual([]);
    });

    it('that delete themselves are told of in the default tenant’s', async () => {
      const { tenantId, apiKey } = await enterprise();
      expect((await as('DELETE', `tenants/${tenantId}`, undefined, { apiKey })).status).toBe(200);
      expect((await entries('&action=tenant.deleted'))[0]).toMatchObject({
        resource_id: tenantId,
        home_tenant_id: tenantId,
      });
    });

    it('tell of a change to a plan without a trail, for it would be a way to leave none', async () => {
      const { tenantId, apiKey } = await enterprise();
      await as('PATCH', `tenants/${tenantId}`, { tier: 'basic' }, { apiKey });
      const rows = await mira().sql('SELECT action FROM audit_logs WHERE tenant_id = $1', [tenantId]);
      expect(rows).toEqual([{ action: 'tenant.updated' }]);
    });
  });

  it('have an entry for each crossing of an admin in both trails, whatever the plan', async () => {
    const { tenantId } = await mira().addTenant();
    const headers = { 'x-tenant-id': tenantId };
    await mira().get('/api/v1/events', { apiKey: admin.apiKey, headers });
    await mira().post('/api/v1/webhook-endpoints', { service: 'github', name: 'e' }, { apiKey: admin.apiKey, headers });
    const rows = await mira().sql(
      `SELECT action, content -> 'after' ->> 'route' AS route, content ->> 'home_tenant_id' AS home
       FROM audit_logs WHERE tenant_id = $1 ORDER BY seq`,
      [tenantId],
    );
    const home = admin.tenantId;
    expect(rows).toEqual([
      { action: 'tenant.crossed', route: 'GET /api/v1/events', home },
      { action: 'tenant.crossed', route: 'POST /api/v1/webhook-endpoints', home },
      { action: 'webhook_endpoint.created', route: null, home },
    ]);
    const crossings = await entries('&action=tenant.crossed');
    expect(crossings.filter(({ resource_id: id }) => id === tenantId)).toHaveLength(2);
  });

  describe('are read', () => {
    it('page after page, newest first, and one by one', async () => {
      const { apiKey } = await enterprise();
      for (const name of ['a', 'b', 'c'])
        await as('POST', 'webhook-endpoints', { service: 'github', name }, { apiKey });
      const first = await mira().get(`${LOGS}?limit=2`, { apiKey });
      expect(first.json).toEqual({ data: [expect.anything(), expect.anything()], next_cursor: expect.any(String) });
      const second = await mira().get(`${LOGS}?limit=2&cursor=${String(first.json['next_cursor'])}`, { apiKey });
      expect(second.json).toMatchObject({ data: [{ seq: 1, after: { name: 'a' } }], next_cursor: null });
      const [newest] = await entries('', apiKey);
      expect(newest).toMatchObject({ seq: 3 });
      const one = await mira().get(`${LOGS}/${String(newest?.['id'])}`, { apiKey });
      expect(one).toMatchObject({ status: 200, json: newest });
      expect((await mira().get(`${LOGS}/${String(newest?.['id'])}`, { apiKey: admin.apiKey })).status).toBe(404);
      expect((await mira().get(`${LOGS}/nonsense`, { apiKey })).status).toBe(400);
    });

    it('by user, action, kind and time', async () => {
      const { apiKey, tenantId } = await enterprise();
      const other = await addPerson(mira(), tenantId, 'manager');
      await as('POST', 'webhook-endpoints', { service: 'github', name: 'a' }, { apiKey });
      const between = new Date(Date.now() + 1).toISOString();
      while (new Date().toISOString() <= between);
      await as('POST', 'users', { username: `u-${newId()}`, role: 'user' }, other);
      const found = async (query: string) => (await entries(query, apiKey)).map(({ seq }) => seq);
      expect(await found(`&user_id=${other.userId}`)).toEqual([2]);
      expect(await found('&action=user.created')).toEqual([2]);
      expect(await found('&resource_type=webhook_endpoint')).toEqual([1]);
      expect(await found(`&since=${between}`)).toEqual([2]);
      expect(await found(`&until=${between}`)).toEqual([1]);
      expect(await found(`&since=${between}&resource_type=webhook_endpoint`)).toEqual([]);
      for (const wrong of [
        'user_id=1',
        'action=',
        'since=yesterday',
        'until=2026-01-31T12:00:00',
        'resource_type=%00',
      ]) {
        expect((await mira().get(`${LOGS}?${wrong}`, { apiKey })).status).toBe(400);
      }
    });

    it('by whoever has audit:read, where the plan has a trail', async () => {
      const [viewer, manager] = [await aPerson(mira(), 'viewer'), await aPerson(mira(), 'manager')];
      const { apiKey: basic } = await mira().addTenant();
      for (const path of ['', `/${newId()}`, '/export?format=csv', '/verify']) {
        expect((await mira().get(LOGS + path, { apiKey: null })).status).toBe(401);
        expect((await mira().get(LOGS + path, { apiKey: viewer.apiKey })).status).toBe(403);
        const refused = await mira().get(LOGS + path, { apiKey: basic });
        expect(refused.json).toMatchObject({
          status: 403,
          type: expect.stringMatching(/feature-not-in-plan$/),
          feature: 'audit_logging',
          tier: 'basic',
          needed_tier: 'enterprise',
        });
      }
      expect((await mira().get(LOGS, { apiKey: manager.apiKey })).status).toBe(200);
    });
  });

  describe('are exported', () => {
    it('as CSV that a spreadsheet takes for nothing but text', async () => {
      const { apiKey } = await enterprise();
      const headers = { 'user-agent': '=HYPERLINK("http://evil","x")' };
      await mira().post('/api/v1/webhook-endpoints', { service: 'github', name: '"q",\u00fc' }, { apiKey, headers });
      const { status, headers: answered, body } = await mira().get(`${LOGS}/export?format=csv`, { apiKey });
      expect(status).toBe(200);
      expect(answered.get('content-type')).toMatch(/^text\/csv/);
      expect(answered.get('content-disposition')).toBe('attachment; filename="audit-logs.csv"');
      const [head, line, ...rest] = body.toString().split('\r\n');
      expect(head).toMatch(/^seq,id,created_at,action,outcome,/);
      expect(line).toMatch(/^1,[0-9a-f-]{36},[^,]+,webhook_endpoint\.created,allowed,/);
      expect(line).toContain(`"'=HYPERLINK(""http://evil"",""x"")"`);
      expect(rest).toEqual(['']);
    });

    it('as JSON lines, by the filters, more than a page of the database', async () => {
      const { tenantId, apiKey } = await enterprise();
      await mira().sql(
        `SELECT audit_append($1, json_build_object('id', gen_random_uuid(), 'at_ms', n, 'action', 'a.b',
           'resource_type', CASE n % 2 WHEN 0 THEN 'even' ELSE 'odd' END, 'personal_digest', NULL), NULL, NULL)
         FROM generate_series(1, 1201) n`,
        [tenantId],
      );
      const { headers, body } = await mira().get(`${LOGS}/export?format=jsonl&resource_type=odd`, { apiKey });
      expect(headers.get('content-type')).toMatch(/^application\/jsonl/);
      const lines = body
        .toString()
        .trimEnd()
        .split('\n')
        .map((line): Entry => JSON.parse(line));
      expect(lines).toHaveLength(601);
      expect(lines[0]).toMatchObject({ seq: 1201, resource_type: 'odd' });
      expect(lines.at(-1)).toMatchObject({ seq: 1 });
      expect(await entries('&action=audit.exported', apiKey)).toMatchObject([
        { after: { format: 'jsonl', resource_type: 'odd' } },
      ]);
    });

    it('in no other form', async () => {
      for (const query of ['', '?format=xml', '?format=csv&limit=5']) {
        expect((await mira().get(`${LOGS}/export${query}`)).status).toBe(400);
      }
    });
  });

  it('are verified, and the first entry that was changed is named', async () => {
    const { tenantId, apiKey } = await enterprise();
    for (const name of ['a', 'b', 'c']) await as('POST', 'webhook-endpoints', { service: 'github', name }, { apiKey });
    const verify = () => mira().get(`${LOGS}/verify`, { apiKey });
    expect(await verify()).toMatchObject({ status: 200 });
    expect((await verify()).json).toEqual({ valid: true, entries: 3, first_broken: null, checkpoint: null });
    await mira().sql('ALTER TABLE audit_logs DISABLE TRIGGER USER');
    await mira().sql(
      `UPDATE audit_logs SET content = replace(content::text, '"b"', '"x"')::json WHERE tenant_id = $1 AND seq = 2`,
      [tenantId],
    );
    await mira().sql('ALTER TABLE audit_logs ENABLE TRIGGER USER');
    expect((await verify()).json).toEqual({
      valid: false,
      entries: 1,
      first_broken: { seq: 2, id: expect.any(String), reason: 'entry_altered' },
      checkpoint: null,
    });
  });
});

describeMira(
  'audit logs, switched off,',
  (mira) => {
    it('have an admin’s crossings and nothing else', async () => {
      const { tenantId } = await mira().addTenant();
      await mira().post('/api/v1/webhook-endpoints', { service: 'github', name: 'e' });
      await mira().get('/api/v1/events', { headers: { 'x-tenant-id': tenantId } });
      const rows = await mira().sql('SELECT action FROM audit_logs');
      expect(rows).toEqual([{ action: 'tenant.crossed' }, { action: 'tenant.crossed' }]);
    });
  },
  { MIRA_ENTERPRISE_AUDIT_LOGGING: 'false' },
);
