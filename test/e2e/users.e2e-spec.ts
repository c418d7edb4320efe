import { describeMira } from '../support/mira';
import {
  addPerson,
  aPerson,
  bearer,
  type KeyHolder,
  PASSWORD as OLD,
  refresh,
  request,
  signedIn,
  signIn,
} from '../support/people';

const UNKNOWN = '0190a000-0000-7000-8000-000000000000';
const PASSWORD = 'correct horse battery';

let names = 0;

describeMira('users', (mira) => {
  let tenantId: string;
  let admin: KeyHolder;

  beforeEach(async () => {
    ({ tenantId } = await mira().addTenant());
    await mira().sql('DELETE FROM users WHERE tenant_id = $1', [tenantId]);
    admin = await addPerson(mira(), tenantId, 'admin');
  });

  const send = (method: string, path: string, body?: unknown, apiKey = admin.apiKey) =>
    request(mira(), method, path, body, apiKey);

  async function aUser(user: Record<string, unknown> = {}): Promise<Record<string, unknown>> {
    const { status, json } = await send('POST', 'users', { username: `somebody-${++names}`, ...user });
    expect(status).toBe(201);
    return json;
  }

  it('are made, seen, changed and deleted', async () => {
    const wanted = { username: 'Jane.Doe_1@example', email: 'Jane@Example.com', role: 'user', active: true };
    const made = await send('POST', 'users', { ...wanted, password: PASSWORD });
    expect(made).toMatchObject({ status: 201, json: { ...wanted, tenant_id: tenantId, has_password: true } });
    expect(made.body.toString()).not.toMatch(/horse|argon2/);
    const { id } = made.json as { id: string };
    expect(await send('GET', `users/${id}`)).toMatchObject({ status: 200, json: made.json });
    expect((await send('GET', 'users')).json).toMatchObject({
      data: [{ id }, { id: admin.userId }],
      next_cursor: null,
    });
    const changes = { email: null, role: 'manager', password: null, active: false };
    expect(await send('PATCH', `users/${id}`, changes)).toMatchObject({
      status: 200,
      json: { id, username: wanted.username, email: null, role: 'manager', has_password: false, active: false },
    });
    expect(await send('DELETE', `users/${id}`)).toMatchObject({ status: 204 });
    expect((await send('GET', `users/${id}`)).status).toBe(404);
    expect((await send('DELETE', `users/${id}`)).status).toBe(404);
  });

  it.each([
    ['no username', {}, ['username']],
    ['a short username', { username: 'ab' }, ['username']],
    ['a long username', { username: 'x'.repeat(101) }, ['username']],
    ['a blank in the username', { username: 'jane doe' }, ['username']],
    ['letters that only look alike', { username: 'аdmin' }, ['username']],
    ['no e-mail address', { username: 'jane', email: 'jane' }, ['email']],
    ['a role that there is not', { username: 'jane', role: 'root' }, ['role']],
    ['null as role', { username: 'jane', role: null }, ['role']],
    ['a short password', { username: 'jane', password: 'short' }, ['password']],
    ['a common password', { username: 'jane', password: 'Password1' }, ['password']],
    ['a number as password', { username: 'jane', password: 12345678 }, ['password']],
    ['text for a flag', { username: 'jane', active: 'no' }, ['active']],
    ['what is not theirs to say', { username: 'jane', tenant_id: UNKNOWN }, ['tenant_id']],
  ])('are not made with %s', async (_case, body, fields) => {
    const { status, json } = await send('POST', 'users', body);
    const errors = json['errors'] as { field: string }[];
    expect({ status, fields: [...new Set(errors.map(({ field }) => field))] }).toEqual({ status: 400, fields });
    expect(JSON.stringify(json)).not.toMatch(/Password1|12345678/);
  });

  it('are told that a name is taken, also by somebody of another tenant', async () => {
    const { username, email } = await aUser({ email: `taken-${++names}@example.com` });
    const other = await mira().addTenant();
    const clash = await send('POST', 'users', { username: String(username).toUpperCase() }, other.apiKey);
    expect(clash).toMatchObject({
      status: 409,
      json: { type: 'urn:mira:problem:conflict', errors: [{ field: 'username', message: 'is taken' }] },
    });
    const second = { username: `free-${++names}`, email: String(email).toUpperCase() };
    expect(await send('POST', 'users', second, other.apiKey)).toMatchObject({
      status: 409,
      json: { errors: [{ field: 'email' }] },
    });
  });

  it('written with full-width letters are the same as with narrow ones', async () => {
    const number = ++names;
    expect(await aUser({ username: `ｗｉｄｅ-${number}` })).toMatchObject({ username: `wide-${number}` });
    expect((await send('POST', 'users', { username: `WIDE-${number}` })).status).toBe(409);
  });

  it('are nothing that an admin of another tenant could reach by their id', async () => {
    const { id } = await aUser();
    const other = await mira().addTenant();
    for (const method of ['GET', 'PATCH', 'DELETE']) {
      const body = method === 'PATCH' ? { active: false } : undefined;
      const theirs = await send(method, `users/${String(id)}`, body, other.apiKey);
      const nobodys = await send(method, `users/${UNKNOWN}`, body, other.apiKey);
      expect({ method, status: theirs.status }).toEqual({ method, status: 404 });
      expect({ ...theirs.json, request_id: '' }).toEqual({ ...nobodys.json, request_id: '' });
    }
    expect((await send('GET', `users/${String(id)}`)).json).toMatchObject({ active: true });
  });

  it.each(['user', 'viewer'])('are seen by a %s and not changed', async (role) => {
    const { apiKey } = await addPerson(mira(), tenantId, role);
    expect((await send('GET', 'users', undefined, apiKey)).json['data']).toHaveLength(2);
    expect((await send('POST', 'users', { username: 'jane' }, apiKey)).status).toBe(403);
    expect((await send('PATCH', `users/${admin.userId}`, { active: false }, apiKey)).status).toBe(403);
    expect((await send('DELETE', `users/${admin.userId}`, undefined, apiKey)).status).toBe(403);
  });

  it('up to their own role are a manager’s to make and to change, and admins are not', async () => {
    const { apiKey } = await addPerson(mira(), tenantId, 'manager');
    const as = (method: string, path: string, body?: unknown) => send(method, path, body, apiKey);
    const made = await as('POST', 'users', { username: `by-manager-${++names}`, role: 'manager' });
    expect(made.status).toBe(201);
    const own = `users/${String(made.json['id'])}`;
    expect((await as('PATCH', own, { role: 'user' })).status).toBe(200);
    const theirs = `users/${admin.userId}`;
    for (const refused of [
      await as('POST', 'users', { username: `by-manager-${++names}`, role: 'admin' }),
      await as('PATCH', own, { role: 'admin' }),
      await as('PATCH', theirs, { role: 'viewer' }),
      await as('PATCH', theirs, { password: PASSWORD }),
      await as('PATCH', theirs, { active: false }),
      await as('PATCH', theirs, { email: 'mine@example.com' }),
      await as('DELETE', theirs),
    ]) {
      expect(refused).toMatchObject({ status: 403, json: { type: 'urn:mira:problem:forbidden' } });
    }
    expect((await as('DELETE', own)).status).toBe(204);
  });

  it('lose what is taken from them from the next request on', async () => {
    const { userId, apiKey } = await addPerson(mira(), tenantId, 'manager');
    const configure = async () => (await send('POST', 'webhook-endpoints', {}, apiKey)).status;
    expect(await configure()).toBe(400);
    await send('PATCH', `users/${userId}`, { role: 'viewer' });
    expect(await configure()).toBe(403);
    await send('PATCH', `users/${userId}`, { active: false });
    expect(await configure()).toBe(401);
    await send('PATCH', `users/${userId}`, { active: true, role: 'manager' });
    expect(await configure()).toBe(400);
    await send('DELETE', `users/${userId}`);
    expect(await configure()).toBe(401);
  });

  it('are the same whatever the case of their id, and their own password stays their own', async () => {
    const { id } = await aUser();
    const path = `users/${String(id).toUpperCase()}`;
    expect(await send('PATCH', path, { active: false })).toMatchObject({ status: 200, json: { id, active: false } });
    const self = await send('PATCH', `users/${admin.userId.toUpperCase()}`, { password: PASSWORD });
    expect(self).toMatchObject({ status: 403, json: { detail: expect.stringMatching(/own password/) } });
  });

  it('always have an admin among them', async () => {
    const own = `users/${admin.userId}`;
    for (const refused of [
      await send('DELETE', own),
      await send('PATCH', own, { role: 'manager' }),
      await send('PATCH', own, { active: false }),
    ]) {
      expect(refused).toMatchObject({ status: 409, json: { detail: expect.stringMatching(/last active admin/) } });
    }
    const second = await addPerson(mira(), tenantId, 'admin');
    const answers = await Promise.all([
      send('PATCH', own, { role: 'viewer' }),
      send('PATCH', `users/${second.userId}`, { role: 'viewer' }, second.apiKey),
    ]);
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409]);
  });

  describe('themselves', () => {
    it.each(['admin', 'manager', 'user', 'viewer'])('see and rename who they are, as %s', async (role) => {
      const { userId, apiKey } = await addPerson(mira(), tenantId, role);
      expect(await send('GET', 'users/me', undefined, apiKey)).toMatchObject({
        status: 200,
        json: { id: userId, role },
      });
      const changes = { username: `me-${++names}`, email: `me-${names}@example.com` };
      expect(await send('PATCH', 'users/me', changes, apiKey)).toMatchObject({
        status: 200,
        json: { id: userId, role, ...changes },
      });
    });

    it.each([{ role: 'admin' }, { active: false }, { password: PASSWORD }, { tenant_id: UNKNOWN }])(
      'cannot say %j of who they are',
      async (body) => {
        const { apiKey } = await addPerson(mira(), tenantId, 'user');
        const [field] = Object.keys(body);
        expect(await send('PATCH', 'users/me', body, apiKey)).toMatchObject({
          status: 400,
          json: { errors: [{ field }] },
        });
      },
    );

    it('are not renamed by a key that may do less than they', async () => {
      const { apiKey } = await addPerson(mira(), tenantId, 'user', ['webhook:receive']);
      expect((await send('GET', 'users/me', undefined, apiKey)).status).toBe(200);
      expect((await send('PATCH', 'users/me', { email: null }, apiKey)).status).toBe(403);
    });

    it('have a password that no API key changes', async () => {
      const wanted = { old_password: PASSWORD, new_password: `${PASSWORD} staple` };
      expect(await send('POST', 'users/me/password', wanted)).toMatchObject({
        status: 403,
        json: { detail: expect.stringMatching(/API key/) },
      });
      const weak = await send('POST', 'users/me/password', { old_password: 7, new_password: 'password' });
      expect(weak.json).toMatchObject({
        status: 400,
        errors: [{ field: 'old_password' }, { field: 'old_password' }, { field: 'new_password' }],
      });
    });

    it('change their password where they signed in, and everybody who is signed in elsewhere is out', async () => {
      const ada = await aPerson(mira(), 'viewer', { tenantId });
      const [here, elsewhere] = [await signedIn(mira(), ada), await signedIn(mira(), ada)];
      const me = async (token: string) => (await mira().get('/api/v1/users/me', bearer(token))).status;
      expect([await me(here.access), await me(elsewhere.access)]).toEqual([200, 200]);
      const change = (old_password: string, new_password: string) =>
        mira().post('/api/v1/users/me/password', { old_password, new_password }, bearer(here.access));

      const wrong = await change('something else', 'a new and better one');
      expect(wrong).toMatchObject({ status: 403, json: { detail: 'The old password is not right.' } });
      expect(await me(elsewhere.access)).toBe(200);

      const changed = await change(OLD, 'a new and better one');
      expect([changed.status, changed.body.length]).toEqual([204, 0]);
      expect([await me(here.access), await me(elsewhere.access)]).toEqual([200, 401]);
      expect((await refresh(mira(), elsewhere.refresh)).status).toBe(401);
      expect((await refresh(mira(), here.refresh)).status).toBe(200);
      expect((await signIn(mira(), ada.username, OLD)).status).toBe(401);
      expect((await signIn(mira(), ada.username, 'a new and better one')).status).toBe(200);
    });
  });
});
