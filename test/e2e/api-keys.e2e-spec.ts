import { KeyUse } from '../../src/rbac/api-key/key-use';
import { type Answer, describeMira } from '../support/mira';
import { aPerson, bearer, signedIn } from '../support/people';

const KEYS = '/api/v1/api-keys';

describeMira('API keys', (mira) => {
  const make = (apiKey: string, body: object) => mira().post(KEYS, { name: 'made', ...body }, { apiKey });
  const worksAt = async (path: string, apiKey: unknown) => (await mira().get(path, { apiKey: String(apiKey) })).status;
  const works = (apiKey: unknown) => worksAt('/api/v1/auth/me', apiKey);

  it('are made, shown once, listed and used', async () => {
    const ada = await aPerson(mira(), 'user');
    const made = await make(ada.apiKey, {});
    expect(made).toMatchObject({
      status: 201,
      json: {
        key: expect.stringMatching(/^mira_\w{38}$/),
        user_id: ada.userId,
        name: 'made',
        permissions: null,
        expires_at: null,
        allowed_networks: null,
        last_used_at: null,
        previous_expires_at: null,
        created_at: expect.stringMatching(/Z$/),
      },
    });
    const { key, ...shown } = made.json;
    expect(await works(key)).toBe(200);
    const { json: list } = await mira().get(KEYS, { apiKey: ada.apiKey });
    expect((list['data'] as unknown[])[0]).toEqual(shown);
    const one = await mira().get(`${KEYS}/${String(shown['id'])}`, { apiKey: ada.apiKey });
    expect([one.status, one.json]).toEqual([200, shown]);
    expect(JSON.stringify([list, one.json])).not.toContain(String(key));
  });

  it('are made with an access token too', async () => {
    const { access } = await signedIn(mira(), await aPerson(mira(), 'viewer'));
    expect((await mira().post(KEYS, { name: 'mine' }, bearer(access))).status).toBe(201);
  });

  it('are of no use from the answer to their deletion on', async () => {
    const { apiKey } = await aPerson(mira(), 'user');
    const { json } = await make(apiKey, {});
    expect(await works(json['key'])).toBe(200);
    const call = { apiKey };
    expect((await mira().call('DELETE', `${KEYS}/${String(json['id'])}`, undefined, call)).status).toBe(204);
    expect(await works(json['key'])).toBe(401);
    expect((await mira().get(`${KEYS}/${String(json['id'])}`, call)).status).toBe(404);
  });

  it('are rotated, with both good for the grace', async () => {
    const { apiKey } = await aPerson(mira(), 'user');
    const { json: first } = await make(apiKey, {});
    expect(await works(first['key'])).toBe(200);
    const { status, json: second } = await mira().post(
      `${KEYS}/${String(first['id'])}/rotate`,
      { grace_seconds: 600 },
      { apiKey },
    );
    expect([status, second['id']]).toEqual([200, first['id']]);
    expect(Date.parse(String(second['previous_expires_at']))).toBeGreaterThan(Date.now() + 590_000);
    expect([await works(first['key']), await works(second['key'])]).toEqual([200, 200]);

    const { json: third } = await mira().post(
      `${KEYS}/${String(first['id'])}/rotate`,
      { grace_seconds: 0 },
      { apiKey },
    );
    expect(third['previous_expires_at']).toBeNull();
    expect([await works(first['key']), await works(second['key']), await works(third['key'])]).toEqual([401, 401, 200]);
  });

  it('stop at the end of their life', async () => {
    const { apiKey } = await aPerson(mira(), 'user');
    const endsAt = Date.now() + 1_500;
    const { json } = await make(apiKey, { expires_at: new Date(endsAt).toISOString() });
    expect(await works(json['key'])).toBe(200);
    await new Promise((done) => setTimeout(done, endsAt - Date.now()));
    expect(await works(json['key'])).toBe(401);
  });

  it('do what they were given and their owner may, and nothing else', async () => {
    const { apiKey } = await aPerson(mira(), 'manager');
    const { json } = await make(apiKey, { permissions: ['webhook:read'] });
    const narrow = json['key'];
    expect([await worksAt('/api/v1/events', narrow), await worksAt('/api/v1/projects', narrow)]).toEqual([200, 403]);
    const explain = async (permission: string, key: unknown) =>
      (await mira().get(`/api/v1/access/explain?permission=${permission}`, { apiKey: String(key) })).json;
    expect(await explain('webhook:read', narrow)).toMatchObject({ allowed: true, by: 'role' });
    expect(await explain('project:read', narrow)).toMatchObject({ allowed: false, by: 'key' });
    expect(await explain('tenant:create', narrow)).toMatchObject({ allowed: false, by: 'role' });
    expect((await mira().get('/api/v1/access/explain?permission=nonsense')).status).toBe(400);
  });

  it('are only good from their networks, for managing and for sending', async () => {
    const { apiKey } = await aPerson(mira(), 'user');
    const { json: near } = await make(apiKey, { allowed_networks: ['127.0.0.1'] });
    const { json: far } = await make(apiKey, { allowed_networks: ['192.0.2.0/24', '2001:db8::/32'] });
    expect(near['allowed_networks']).toEqual(['127.0.0.1/32']);
    expect([await works(near['key']), await works(far['key'])]).toEqual([200, 403]);
    const send = (key: unknown) => mira().send('/webhook/generic', '{}', { 'x-api-key': String(key) });
    expect((await send(near['key'])).status).toBe(202);
    const refused: Answer = await send(far['key']);
    expect(refused).toMatchObject({ status: 403, json: { detail: expect.stringContaining('address') } });
  });

  it('give nobody more than they have', async () => {
    const user = await aPerson(mira(), 'user');
    expect((await make(user.apiKey, { permissions: ['webhook:configure'] })).status).toBe(403);

    const bounds = {
      permissions: ['webhook:read', 'webhook:receive'],
      allowed_networks: ['127.0.0.0/8'],
      expires_at: new Date(Date.now() + 3_600_000).toISOString(),
    };
    const { json: narrow } = await make(user.apiKey, bounds);
    const key = String(narrow['key']);
    const { json: heir } = await make(key, {});
    expect(heir).toMatchObject({ ...bounds, permissions: ['webhook:receive', 'webhook:read'] });
    for (const wider of [
      { permissions: ['project:read'] },
      { allowed_networks: ['0.0.0.0/0'] },
      { expires_at: new Date(Date.now() + 7_200_000).toISOString() },
    ]) {
      expect([wider, (await make(key, wider)).status]).toEqual([wider, 403]);
    }
    // Nor by having a wider one shown anew.
    const { json: wide } = await make(user.apiKey, {});
    const rotate = (id: unknown) => mira().post(`${KEYS}/${String(id)}/rotate`, {}, { apiKey: key });
    expect((await rotate(wide['id'])).status).toBe(403);
    expect((await rotate(narrow['id'])).status).toBe(200);
  });

  it('that were given less take nothing away from those that have more, but may always end themselves', async () => {
    const ada = await aPerson(mira(), 'user');
    const { json: strong } = await make(ada.apiKey, {});
    const { json: weak } = await make(ada.apiKey, { permissions: ['webhook:receive'] });
    const { json: equal } = await make(ada.apiKey, { permissions: ['webhook:receive'] });
    const { access } = await signedIn(mira(), ada);
    const key = String(weak['key']);
    const remove = async ({ id }: Record<string, unknown>) =>
      (await mira().call('DELETE', `${KEYS}/${String(id)}`, undefined, { apiKey: key })).status;

    expect(await remove(strong)).toBe(403);
    expect(await works(strong['key'])).toBe(200);
    expect((await mira().post('/api/v1/auth/logout-all', {}, { apiKey: key })).status).toBe(403);
    expect((await mira().get('/api/v1/auth/me', bearer(access))).status).toBe(200);
    expect(await remove(equal)).toBe(204);
    expect(await remove(weak)).toBe(204);
    expect((await mira().post('/api/v1/auth/logout-all', {}, { apiKey: ada.apiKey })).status).toBe(204);
    expect((await mira().get('/api/v1/auth/me', bearer(access))).status).toBe(401);
  });

  it('shown anew to somebody do not grow beyond them when their owner is promoted', async () => {
    const [admin, manager, viewer] = [
      await aPerson(mira(), 'admin'),
      await aPerson(mira(), 'manager'),
      await aPerson(mira(), 'viewer'),
    ];
    const permissions = ['tenant:read', 'tenant:create'];
    const { json: made } = await make(admin.apiKey, { user_id: viewer.userId, permissions });
    const rotated = await mira().post(`${KEYS}/${String(made['id'])}/rotate`, {}, { apiKey: manager.apiKey });
    expect(rotated).toMatchObject({ status: 200, json: { permissions: ['tenant:read'] } });
    await mira().sql(`UPDATE users SET role = 'admin' WHERE id = $1`, [viewer.userId]);
    const { status } = await mira().post('/api/v1/tenants', { name: 'x' }, { apiKey: String(rotated.json['key']) });
    expect(status).toBe(403);
  });

  it("of others are a manager's business, but not those of an admin", async () => {
    const [manager, user, admin] = [
      await aPerson(mira(), 'manager'),
      await aPerson(mira(), 'user'),
      await aPerson(mira(), 'admin'),
    ];
    const { json } = await make(manager.apiKey, { user_id: user.userId });
    // What both may, written down: a promotion of the user is none of the manager's.
    expect(json['permissions']).toContain('webhook:receive');
    expect(json['permissions']).not.toContain('webhook:configure');
    expect((await make(manager.apiKey, { user_id: admin.userId })).status).toBe(403);
    expect((await make(user.apiKey, { user_id: manager.userId })).status).toBe(403);

    const { json: admins } = await make(admin.apiKey, {});
    const path = `${KEYS}/${String(admins['id'])}`;
    for (const [who, status] of [
      [manager, 403],
      [user, 404],
    ] as const) {
      const call = { apiKey: who.apiKey };
      expect((await mira().get(path, call)).status).toBe(status);
      expect((await mira().post(`${path}/rotate`, {}, call)).status).toBe(status);
      expect((await mira().call('DELETE', path, undefined, call)).status).toBe(status);
    }
    const ownersSeenBy = async (apiKey: string, query = '') =>
      new Set(
        ((await mira().get(`${KEYS}?limit=200${query}`, { apiKey })).json['data'] as { user_id: string }[]).map(
          ({ user_id }) => user_id,
        ),
      );
    expect(await ownersSeenBy(user.apiKey)).toEqual(new Set([user.userId]));
    const seen = await ownersSeenBy(manager.apiKey);
    expect([seen.has(user.userId), seen.has(admin.userId)]).toEqual([true, false]);
    expect(await ownersSeenBy(manager.apiKey, `&user_id=${user.userId}`)).toEqual(new Set([user.userId]));
    expect(await ownersSeenBy(user.apiKey, `&user_id=${manager.userId}`)).toEqual(new Set());
  });

  it('tell when they were last used', async () => {
    const { apiKey } = await aPerson(mira(), 'user');
    const { json } = await make(apiKey, {});
    expect(await works(json['key'])).toBe(200);
    await mira().mira.app.get(KeyUse).flush();
    const { json: shown } = await mira().get(`${KEYS}/${String(json['id'])}`, { apiKey });
    expect(Date.now() - Date.parse(String(shown['last_used_at']))).toBeLessThan(60_000);
  });

  it.each([
    [{ name: '' }, 'name'],
    [{ name: 'half a character \ud83d' }, 'name'],
    [{ permissions: ['nonsense'] }, 'permissions'],
    [{ permissions: [] }, 'permissions'],
    [{ expires_at: 'tomorrow' }, 'expires_at'],
    [{ expires_at: '2027-01-01' }, 'expires_at'],
    [{ expires_at: '2020-01-01T00:00:00Z' }, 'expires_at'],
    [{ allowed_networks: ['nonsense'] }, 'allowed_networks'],
    [{ allowed_networks: ['10.0.0.1/8'] }, 'allowed_networks'],
    [{ allowed_networks: [] }, 'allowed_networks'],
    [{ user_id: 'nonsense' }, 'user_id'],
    [{ user_id: '0198c0de-0000-7000-8000-000000000001' }, 'user_id'],
  ])('are not made of %j', async (body, field) => {
    const { status, json } = await make(mira().apiKey, body);
    const errors = json['errors'] as { field: string }[];
    expect(status).toBe(400);
    expect(new Set(errors.map((each) => each.field.split('.')[0]))).toEqual(new Set([field]));
  });
});
