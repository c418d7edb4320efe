import { AccessLease } from '@mira/access';
import { createHash, createHmac } from 'node:crypto';
import { describeMira } from '../support/mira';
import { aPerson, bearer, PASSWORD, refresh, signedIn, signIn, tokensIn } from '../support/people';

const ME = '/api/v1/auth/me';

describeMira('signing in', (mira) => {
  const statusWith = async (token: string) => (await mira().get(ME, bearer(token))).status;

  it('answers with tokens and who signed in, and the access token opens what the role opens', async () => {
    const ada = await aPerson(mira(), 'manager');
    const answer = await signIn(mira(), ada.username.toUpperCase());
    expect(answer).toMatchObject({
      status: 200,
      json: {
        access_token: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
        token_type: 'Bearer',
        expires_in: 900,
        refresh_token: expect.stringMatching(/^mira_rt_\w{38}$/),
        user: { id: ada.userId, tenant_id: ada.tenantId, username: ada.username, email: null, role: 'manager' },
      },
    });
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.body.toString()).not.toContain('argon2');

    const { access } = tokensIn(answer);
    const me = await mira().get(ME, bearer(access));
    expect(me).toMatchObject({
      status: 200,
      json: { user: { id: ada.userId }, tenant: { id: ada.tenantId, name: 'Default', tier: 'enterprise' } },
    });
    expect(me.json['permissions']).toContain('webhook:configure');
    expect(me.json['permissions']).not.toContain('tenant:create');
    expect((await mira().get('/api/v1/events', bearer(access))).status).toBe(200);
  });

  it('says the same to whoever is wrong, whatever is wrong', async () => {
    const ada = await aPerson(mira(), 'user');
    const gone = await aPerson(mira(), 'user');
    await mira().sql('UPDATE users SET active = false WHERE id = $1', [gone.userId]);
    const keyless = await aPerson(mira(), 'user');
    await mira().sql('UPDATE users SET password_hash = NULL WHERE id = $1', [keyless.userId]);
    const answers = await Promise.all([
      signIn(mira(), ada.username, 'wrong'),
      signIn(mira(), 'nobody'),
      signIn(mira(), gone.username),
      signIn(mira(), keyless.username),
    ]);
    for (const { status, json, headers } of answers) {
      expect(status).toBe(401);
      expect(headers.get('www-authenticate')).toMatch(/^Bearer/);
      expect({ ...json, request_id: '' }).toEqual({ ...answers[0]?.json, request_id: '' });
    }
  });

  it('gives everybody who signs in at the same time their own answer', async () => {
    const people = await Promise.all(Array.from({ length: 4 }, () => aPerson(mira(), 'user')));
    const answers = await Promise.all(
      people.flatMap(({ username }) => [signIn(mira(), username), signIn(mira(), username, 'wrong')]),
    );
    expect(answers.map(({ status, json }) => [status, json['user']])).toEqual(
      people.flatMap(({ userId }) => [
        [200, expect.objectContaining({ id: userId })],
        [401, undefined],
      ]),
    );
  });

  it.each([
    {},
    { username: 'a' },
    { username: ['a'], password: 'b' },
    { username: 'a', password: '' },
    { username: 'a', password: 'b', more: 1 },
  ])('names what is wrong with %j', async (body) => {
    const { status, json } = await mira().post('/api/v1/auth/login', body, { apiKey: null });
    expect(status).toBe(400);
    expect(json['type']).toBe('urn:mira:problem:validation-failed');
  });

  it('slows down who guesses, also where the password is right at last, and leaves others alone', async () => {
    const ada = await aPerson(mira(), 'user');
    for (let i = 0; i < 5; i++) expect((await signIn(mira(), ada.username, `wrong ${i}`)).status).toBe(401);
    const refused = await signIn(mira(), ada.username);
    expect(refused).toMatchObject({ status: 429, json: { retry_after: expect.any(Number) } });
    expect(refused.headers.get('retry-after')).toBe(String(refused.json['retry_after']));
    expect((await signIn(mira(), (await aPerson(mira(), 'user')).username)).status).toBe(200);

    // The wait over, the right password clears what is held against the account.
    await mira().sql(`UPDATE sign_in_failures SET blocked_until = now()`);
    expect((await signIn(mira(), ada.username)).status).toBe(200);
    for (let i = 0; i < 4; i++) expect((await signIn(mira(), ada.username, 'wrong')).status).toBe(401);
    expect((await signIn(mira(), ada.username)).status).toBe(200);
  });

  it('counts guesses at one account together, however its name is spelled', async () => {
    const ada = await aPerson(mira(), 'admin');
    const spellings = [
      ada.username,
      ada.username.toUpperCase(),
      ada.username.replace('a', '\uff41'),
      // Of which databases make a plain i.
      ada.username.replace('i', '\u0130'),
    ];
    const guesses = Array.from({ length: 5 }, (_, i) => signIn(mira(), spellings[i % 4] ?? '', `wrong ${i}`));
    for (const { status } of await Promise.all(guesses)) expect(status).toBe(401);
    for (const name of spellings) expect((await signIn(mira(), name)).status).toBe(429);
  });

  it('lets no more than five of many guesses at the same time be looked at', async () => {
    const ada = await aPerson(mira(), 'user');
    const answers = await Promise.all(Array.from({ length: 12 }, (_, i) => signIn(mira(), ada.username, `wrong ${i}`)));
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(5);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(7);
  });

  it('takes over the hashes of the first Mira, once', async () => {
    const salted = `a1b2:${createHash('sha256').update(`a1b2${PASSWORD}`).digest('hex')}`;
    const bare = createHash('sha256').update(PASSWORD).digest('hex');
    for (const passwordHash of [salted, bare]) {
      const ada = await aPerson(mira(), 'user', { passwordHash });
      expect((await signIn(mira(), ada.username, 'wrong')).status).toBe(401);
      expect((await signIn(mira(), ada.username)).status).toBe(200);
      const [row] = await mira().sql('SELECT password_hash FROM users WHERE id = $1', [ada.userId]);
      expect(row?.['password_hash']).toMatch(/^\$argon2id\$/);
      expect((await signIn(mira(), ada.username)).status).toBe(200);
    }
  });

  it('is continued by a refresh token, which serves once', async () => {
    const ada = await aPerson(mira(), 'user');
    const first = await signedIn(mira(), ada);
    const second = tokensIn(await refresh(mira(), first.refresh));
    expect(second.refresh).not.toBe(first.refresh);
    expect(await statusWith(second.access)).toBe(200);
    expect(await statusWith(first.access)).toBe(200);

    // Sent twice within the grace, by two tabs say: both go on.
    const again = tokensIn(await refresh(mira(), first.refresh));
    expect((await refresh(mira(), second.refresh)).status).toBe(200);
    expect((await refresh(mira(), again.refresh)).status).toBe(200);
  });

  it('ends, for everybody who holds a token of it, when a refresh token is used twice after the grace', async () => {
    const ada = await aPerson(mira(), 'user');
    const first = await signedIn(mira(), ada);
    const other = await signedIn(mira(), ada);
    const second = tokensIn(await refresh(mira(), first.refresh));
    await mira().sql(`UPDATE refresh_tokens SET used_at = used_at - interval '21 s' WHERE used_at IS NOT NULL`);
    expect((await refresh(mira(), first.refresh)).status).toBe(401);
    for (const token of [first.access, second.access]) expect(await statusWith(token)).toBe(401);
    expect((await refresh(mira(), second.refresh)).status).toBe(401);
    expect(await statusWith(other.access)).toBe(200);
  });

  it('gives one family to many who use one refresh token at the same time', async () => {
    const { refresh: token } = await signedIn(mira(), await aPerson(mira(), 'user'));
    const answers = await Promise.all(Array.from({ length: 8 }, () => refresh(mira(), token)));
    expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(200));
    expect(new Set(answers.map((answer) => tokensIn(answer).refresh)).size).toBe(8);
  });

  it('keeps no token that could be read back', async () => {
    const { refresh: token } = await signedIn(mira(), await aPerson(mira(), 'user'));
    const rows = await mira().sql('SELECT r::text AS row FROM refresh_tokens r');
    expect(JSON.stringify(rows)).not.toContain(token.slice(8, 30));
  });

  it('ends with the sign-out, at once, and other sessions go on', async () => {
    const ada = await aPerson(mira(), 'user');
    const [here, elsewhere] = [await signedIn(mira(), ada), await signedIn(mira(), ada)];
    expect((await mira().post('/api/v1/auth/logout', {}, bearer(here.access))).status).toBe(204);
    expect(await statusWith(here.access)).toBe(401);
    expect((await refresh(mira(), here.refresh)).status).toBe(401);
    expect(await statusWith(elsewhere.access)).toBe(200);

    expect((await mira().post('/api/v1/auth/logout-all', {}, bearer(elsewhere.access))).status).toBe(204);
    expect(await statusWith(elsewhere.access)).toBe(401);
    expect((await refresh(mira(), elsewhere.refresh)).status).toBe(401);
    expect((await mira().get(ME, bearer(ada.apiKey))).status).toBe(200);
  });

  it('has no session to sign out of with an API key', async () => {
    const { apiKey } = await aPerson(mira(), 'user');
    expect((await mira().post('/api/v1/auth/logout', {}, { apiKey })).status).toBe(400);
  });

  it.each(['', 'nonsense', `mira_rt_${'0'.repeat(38)}`, 5])('refuses %j as a refresh token', async (token) => {
    const { status } = await mira().post('/api/v1/auth/refresh', { refresh_token: token }, { apiKey: null });
    expect(status).toBe(typeof token === 'string' && token !== '' ? 401 : 400);
  });

  it('takes no token of one kind for one of another', async () => {
    const ada = await aPerson(mira(), 'user');
    const tokens = await signedIn(mira(), ada);
    expect(await statusWith(tokens.refresh)).toBe(401);
    expect((await refresh(mira(), tokens.access)).status).toBe(401);
    expect((await refresh(mira(), ada.apiKey)).status).toBe(401);
  });

  it('is not forged: no signature, another algorithm, another key, another role', async () => {
    const { access } = await signedIn(mira(), await aPerson(mira(), 'user'));
    const [header = '', payload = '', signature = ''] = access.split('.');
    const encoded = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const read = (part: string): object => JSON.parse(Buffer.from(part, 'base64url').toString());
    const own = (head: string, body: string, key: string) =>
      `${head}.${body}.${createHmac('sha256', key).update(`${head}.${body}`).digest('base64url')}`;
    for (const forged of [
      `${encoded({ ...read(header), alg: 'none' })}.${payload}.`,
      `${encoded({ ...read(header), alg: 'none' })}.${payload}.${signature}`,
      `${encoded({ ...read(header), alg: 'HS512' })}.${payload}.${signature}`,
      `${header}.${encoded({ ...read(payload), tid: '0198c0de-0000-7000-8000-000000000001' })}.${signature}`,
      own(header, payload, 'another key'),
      own(header, payload, ''),
      own(encoded({ ...read(header), kid: 'unknown' }), payload, ''),
    ]) {
      expect(await statusWith(forged)).toBe(401);
    }
    expect(await statusWith(access)).toBe(200);
  });

  it('follows the role of this moment, not that of the sign-in', async () => {
    const ada = await aPerson(mira(), 'manager');
    const { access } = await signedIn(mira(), ada);
    await mira().sql(`UPDATE users SET role = 'viewer' WHERE id = $1`, [ada.userId]);
    await mira().mira.app.get(AccessLease).passed();
    const { json } = await mira().get(ME, bearer(access));
    expect(json).toMatchObject({ user: { role: 'viewer' } });
    expect(json['permissions']).not.toContain('webhook:configure');
  });
});
