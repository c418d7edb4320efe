import { ConfigError } from '../../src/config/config-error';
import { TenantDeletion } from '../../src/tenant/tenant.deletion';
import { kinds } from '../support/databases';
import { type Answer, describeMira, startTestMira } from '../support/mira';
import { eventually } from '../support/eventually';
import { addPerson, request } from '../support/people';
import { signedAsGithub } from '../support/signed';

const UNKNOWN = '0190a000-0000-7000-8000-000000000000';

describeMira('tenants', (mira) => {
  const send = (method: string, path: string, body?: unknown, apiKey?: string) =>
    request(mira(), method, path, body, apiKey);

  async function aTenant(name = 'Acme'): Promise<string> {
    const { status, json } = await send('POST', 'tenants', { name });
    expect(status).toBe(201);
    return String(json['id']);
  }

  it('are made, seen, changed and deleted by an admin', async () => {
    const made = await send('POST', 'tenants', { name: '  Acme  ' });
    expect(made).toMatchObject({
      status: 201,
      json: { name: 'Acme', tier: 'basic', active: true, is_default: false, created_at: expect.any(String) },
    });
    const id = String(made.json['id']);
    expect(await send('GET', `tenants/${id}`)).toMatchObject({ status: 200, json: made.json });
    const changes = { name: 'Acme & Sons', tier: 'enterprise', active: false };
    expect(await send('PATCH', `tenants/${id}`, changes)).toMatchObject({ status: 200, json: { id, ...changes } });
    const { json: list } = await send('GET', 'tenants');
    expect(list).toMatchObject({ data: expect.arrayContaining([expect.objectContaining({ id, ...changes })]) });
    expect(await send('DELETE', `tenants/${id}`)).toMatchObject({ status: 200, json: { tenant_id: id, deleted: {} } });
    expect((await send('GET', `tenants/${id}`)).status).toBe(404);
  });

  it('are the same whatever the case of their id', async () => {
    const id = await aTenant();
    expect(await send('GET', `tenants/${id.toUpperCase()}`)).toMatchObject({ status: 200, json: { id } });
    const manager = await addPerson(mira(), id, 'manager');
    const own = await send('GET', `tenants/${id.toUpperCase()}`, undefined, manager.apiKey);
    expect(own).toMatchObject({ status: 200, json: { id } });
    expect(await send('DELETE', `tenants/${id.toUpperCase()}`)).toMatchObject({ status: 200, json: { tenant_id: id } });
    expect((await send('GET', `tenants/${id}`)).status).toBe(404);
  });

  it.each([
    ['no name', {}, ['name']],
    ['null as name', { name: null }, ['name']],
    ['a blank name', { name: ' \t ' }, ['name']],
    ['a name of 201 characters', { name: 'x'.repeat(201) }, ['name']],
    ['a NUL', { name: 'a\0b' }, ['name']],
    ['half a character', { name: 'a\ud83d' }, ['name']],
    ['a tier that there is not', { name: 'a', tier: 'gold' }, ['tier']],
    ['null as tier', { name: 'a', tier: null }, ['tier']],
    ['text for a flag', { name: 'a', active: 'true' }, ['active']],
    ['what is not theirs to say', { name: 'a', is_default: true, id: UNKNOWN }, ['is_default', 'id']],
  ])('are not made with %s', async (_case, body, fields) => {
    const { status, json } = await send('POST', 'tenants', body);
    const errors = json['errors'] as { field: string }[];
    expect({ status, fields: [...new Set(errors.map(({ field }) => field))] }).toEqual({ status: 400, fields });
  });

  it('have names of up to 200 characters of any alphabet', async () => {
    const name = '🚀'.repeat(200);
    expect(await send('POST', 'tenants', { name })).toMatchObject({ status: 201, json: { name } });
  });

  it.each(['manager', 'user', 'viewer'])('are, to a %s, their own alone, and not theirs to change', async (role) => {
    const [own, other] = [await aTenant(), await aTenant()];
    const { apiKey } = await addPerson(mira(), own, role);
    expect((await send('GET', 'tenants', undefined, apiKey)).json).toMatchObject({
      data: [{ id: own }],
      next_cursor: null,
    });
    expect((await send('GET', `tenants/${own}`, undefined, apiKey)).status).toBe(200);
    const theirs = await send('GET', `tenants/${other}`, undefined, apiKey);
    const nobodys = await send('GET', `tenants/${UNKNOWN}`, undefined, apiKey);
    expect(theirs.status).toBe(404);
    expect({ ...theirs.json, request_id: '' }).toEqual({ ...nobodys.json, request_id: '' });
    for (const id of [own, other]) {
      expect((await send('PATCH', `tenants/${id}`, { name: 'x' }, apiKey)).status).toBe(403);
      expect((await send('DELETE', `tenants/${id}?confirm=Acme`, undefined, apiKey)).status).toBe(403);
      expect((await send('GET', `tenants/${id}/deletion`, undefined, apiKey)).status).toBe(403);
    }
    expect((await send('POST', 'tenants', { name: 'x' }, apiKey)).status).toBe(403);
  });

  it('are seen and changed by the admin of another', async () => {
    const [own, other] = [await aTenant(), await aTenant()];
    const { apiKey } = await addPerson(mira(), own, 'admin');
    expect((await send('PATCH', `tenants/${other}`, { name: 'Changed' }, apiKey)).status).toBe(200);
    expect((await send('GET', `tenants/${other}`)).json).toMatchObject({ name: 'Changed' });
  });

  it('that are put out of use let nobody in from the next request on', async () => {
    const id = await aTenant();
    const { apiKey } = await addPerson(mira(), id, 'admin');
    expect((await send('GET', 'events', undefined, apiKey)).status).toBe(200);
    expect((await send('PATCH', `tenants/${id}`, { active: false })).status).toBe(200);
    expect((await send('GET', 'events', undefined, apiKey)).status).toBe(401);
    expect((await send('PATCH', `tenants/${id}`, { active: true })).status).toBe(200);
    expect((await send('GET', 'events', undefined, apiKey)).status).toBe(200);
  });

  it('of the first start can be neither deleted nor put out of use', async () => {
    const [{ id, name } = {}] = await mira().sql('SELECT id, name FROM tenants WHERE is_default');
    for (const refused of [
      await send('DELETE', `tenants/${String(id)}?confirm=${String(name)}`),
      await send('PATCH', `tenants/${String(id)}`, { active: false }),
    ]) {
      expect(refused).toMatchObject({ status: 409, json: { detail: expect.stringMatching(/default tenant/) } });
    }
    expect((await send('GET', 'events')).status).toBe(200);
  });

  it('with events are deleted by their exact name only, and what would go is said before', async () => {
    const id = await aTenant('Acme & Sons');
    const { apiKey } = await addPerson(mira(), id, 'manager');
    const hook = await mira().post('/webhook/generic', { a: 1 }, { apiKey });
    expect(hook.status).toBe(202);
    const rows = { webhook_events: 1, users: 1, api_keys: 1, rate_limit_buckets: 1, projects: 0 };
    expect(await send('GET', `tenants/${id}/deletion`)).toMatchObject({
      status: 200,
      json: { tenant_id: id, name: 'Acme & Sons', rows, needs_confirmation: true },
    });
    for (const query of ['', '?confirm=', '?confirm=acme%20%26%20sons', '?confirm=a&confirm=b']) {
      const refused = await send('DELETE', `tenants/${id}${query}`);
      expect({ query, status: refused.status }).toEqual({ query, status: query.includes('&') ? 400 : 409 });
      if (refused.status === 409) expect(refused.json).toMatchObject({ name: 'Acme & Sons', rows });
    }
    const deleted = await send('DELETE', `tenants/${id}?confirm=Acme%20%26%20Sons`);
    expect(deleted).toMatchObject({ status: 200, json: { tenant_id: id, deleted: rows } });
    expect((await mira().get('/api/v1/events', { apiKey })).status).toBe(401);
    expect((await mira().post('/webhook/generic', { a: 1 }, { apiKey })).status).toBe(401);
  });

  it('leave nothing behind, also where webhooks come in while they go', async () => {
    const id = await aTenant();
    const { apiKey } = await addPerson(mira(), id, 'admin');
    const made = await mira().post('/api/v1/webhook-endpoints', { service: 'github', name: 'e' }, { apiKey });
    const { url, secret } = made.json as { url: string; secret: string };
    const path = new URL(url).pathname;
    const workflow = { workflow_type: 'project_initialization', data: { name: 'Late' } };
    const answers: Promise<Answer>[] = [];
    const flood = (from: number) => {
      for (let n = from; n < from + 40; n++) {
        const body = `{"n":${n}}`;
        answers.push(mira().send(path, body, { ...signedAsGithub(body, secret), 'x-github-delivery': `d-${n}` }));
        answers.push(mira().post('/webhook/n8n', workflow, { apiKey }));
      }
    };
    flood(0);
    await Promise.all(answers);
    flood(40);
    const deletion = send('DELETE', `tenants/${id}?confirm=Acme`);
    flood(80);
    expect((await deletion).status).toBe(200);
    flood(120);
    const statuses = new Set((await Promise.all(answers)).map(({ status }) => status));
    expect([...statuses].filter((status) => ![202, 401, 404, 503].includes(status))).toEqual([]);

    // What was on its way may come behind the deletion, and behind a sweep: that is why sweeps go on for a while.
    await eventually(async () => {
      await mira().mira.app.get(TenantDeletion).sweep();
      expect(await rowsOf(id)).toEqual([]);
    }, 15_000);
  });

  /** The tables that still have rows of a tenant. */
  async function rowsOf(id: string): Promise<string[]> {
    const columns = await mira().sql(
      `SELECT table_schema || '.' || table_name AS name FROM information_schema.columns
       WHERE column_name = 'tenant_id' AND table_name <> 'deleted_tenants' AND table_schema = 'public'`,
    );
    expect(columns.length).toBeGreaterThan(8);
    const left = await Promise.all(
      columns.map(async ({ name }) => {
        const rows = await mira().sql(`SELECT 1 FROM ${String(name)} WHERE tenant_id = $1 LIMIT 1`, [id]);
        return rows.length > 0 ? [String(name)] : [];
      }),
    );
    const jobs = await mira().sql('SELECT 1 FROM pgboss.job WHERE group_id = $1::text LIMIT 1', [id]);
    return [...left.flat(), ...(jobs.length > 0 ? ['pgboss.job'] : [])];
  }
});

describeMira(
  'rbac.enabled: false',
  (mira) => {
    it('means one tenant with its admin', async () => {
      for (const refused of [
        await request(mira(), 'POST', 'tenants', { name: 'Second' }),
        await request(mira(), 'POST', 'users', { username: 'second', role: 'viewer' }),
      ]) {
        expect(refused).toMatchObject({ status: 409, json: { detail: expect.stringMatching(/rbac\.enabled/) } });
      }
      expect((await request(mira(), 'GET', 'tenants')).json['data']).toHaveLength(1);
      expect((await request(mira(), 'GET', 'users')).json['data']).toHaveLength(1);
    });
  },
  { MIRA_RBAC_ENABLED: 'false' },
);

it.each(['password1', 'short', 'x'.repeat(129)])('a first start with the password %j is refused', async (password) => {
  const [kind = 'embedded'] = kinds().toReversed();
  const refusal: unknown = await startTestMira(kind, { MIRA_ADMIN_PASSWORD: password }).catch(
    (error: unknown) => error,
  );
  expect(refusal).toBeInstanceOf(ConfigError);
  expect(String(refusal)).toMatch(/MIRA_ADMIN_PASSWORD/);
  expect(String(refusal)).not.toContain(password);
});

it.each(['\u0130brahim', '\ufb01nn', 'J\u00fcrgen'])('an admin who is named %j can sign in', async (username) => {
  const [kind = 'embedded'] = kinds().toReversed();
  const password = 'correct horse battery';
  const mira = await startTestMira(kind, { MIRA_ADMIN_USERNAME: username, MIRA_ADMIN_PASSWORD: password });
  try {
    const { status } = await mira.post('/api/v1/auth/login', { username, password }, { apiKey: null });
    expect(status).toBe(200);
  } finally {
    await mira.stop();
  }
});
