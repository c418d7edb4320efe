import { randomBytes } from 'node:crypto';
import { describeMira, startTestMira } from '../support/mira';
import { kinds } from '../support/databases';
import { signedAsGithub, signedAsHub, signedAsStandard } from '../support/signed';

const ID = expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);

function problem(status: number, kind: string) {
  return {
    status,
    json: expect.objectContaining({
      type: `urn:mira:problem:${kind}`,
      title: expect.any(String),
      status,
      detail: expect.any(String),
      request_id: expect.any(String),
    }),
  };
}

describeMira('a webhook', (mira) => {
  it('is taken with an API key, in either header', async () => {
    const { apiKey } = mira();
    for (const [name, value] of [
      ['x-api-key', apiKey],
      ['authorization', `Bearer ${apiKey}`],
    ] as const) {
      const answer = await mira().send('/webhook/generic', '{"type":"a.b"}', { [name]: value });
      expect(answer).toMatchObject({ status: 202, json: { id: ID, status: 'accepted', duplicate: false } });
      expect(answer.headers.get('x-request-id')).toEqual(expect.any(String));
    }
  });

  it('is taken at an endpoint, and can be read back with its type, its key and its headers', async () => {
    const { id, path, secret } = await mira().createEndpoint('github');
    const body = '{"ref":"refs/heads/main"}';
    const headers = signedAsGithub(body, secret, { delivery: 'delivery-1' });
    const { status, json } = await mira().send(path, body, { ...headers, 'x-api-key': 'secret', cookie: 'a=b' });
    expect(status).toBe(202);
    const event = await mira().get(`/api/v1/events/${String(json['id'])}`);
    expect(event.json).toMatchObject({
      id: json['id'],
      service: 'github',
      event_type: 'push',
      endpoint_id: id,
      dedup_key: 'delivery-1',
      content_type: 'application/json',
      body_bytes: body.length,
      status: 'unrouted',
      headers: expect.objectContaining({ 'x-github-event': 'push' }),
      deliveries: [],
    });
    for (const name of ['x-api-key', 'cookie', 'authorization']) expect(event.json['headers']).not.toHaveProperty(name);
  });

  it.each([
    ['n8n', { 'idempotency-key': 'once' }],
    ['generic', { 'idempotency-key': 'once' }],
    ['github', { 'x-github-delivery': 'once', 'x-github-event': 'push' }],
    ['standard', { 'webhook-id': 'once' }],
  ])('of %s that comes again is answered 200 with the id of the first', async (service, headers) => {
    const call = { headers: { 'content-type': 'application/json', ...headers } };
    const first = await mira().call('POST', `/webhook/${service}`, '{"n":1}', call);
    const before = await mira().rows();
    const again = await mira().call('POST', `/webhook/${service}`, '{"n":2}', call);
    expect(again).toMatchObject({ status: 200, json: { id: first.json['id'], status: 'accepted', duplicate: true } });
    expect(await mira().rows()).toEqual(before);
    const { body } = await mira().get(`/api/v1/events/${String(first.json['id'])}/body`);
    expect(body.toString()).toBe('{"n":1}');
  });

  it('that comes many times at once is taken once', async () => {
    const { path, secret } = await mira().createEndpoint('github');
    const headers = signedAsGithub('{}', secret);
    const answers = await Promise.all(Array.from({ length: 32 }, () => mira().send(path, '{}', headers)));
    expect(answers.filter(({ status }) => status === 202)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(31);
    expect(new Set(answers.map(({ json }) => json['id'])).size).toBe(1);
  });

  it.each<[string, (path: string) => string, Record<string, string>]>([
    ['with a query', (path) => `${path}?from=here`, {}],
    ['with a slash at its end', (path) => `${path}/`, {}],
    ['in capitals', (path) => path.replace('/webhook/', '/WebHook/'), {}],
    ['with an id in capitals', (path) => path.replace(/[^/]+$/, (id) => id.toUpperCase()), {}],
    ['with escapes', (path) => path.replace('github', '%67ithub'), {}],
    ['after a delivery', (path) => path, { 'x-mira-hops': '1' }],
  ])('is the same one, and is answered alike, where its address is written %s', async (_case, written, more) => {
    const { path, secret } = await mira().createEndpoint('github');
    const headers = signedAsGithub('{}', secret, { delivery: 'once' });
    const first = await mira().send(path, '{}', headers);
    const again = await mira().send(path, '{}', headers);
    const other = await mira().send(written(path), '{}', { ...headers, ...more });
    expect(other).toMatchObject({ status: 200, json: { ...first.json, duplicate: true } });
    expect([...other.headers.keys()]).toEqual([...again.headers.keys()]);
    expect(other.headers.get('content-type')).toBe(again.headers.get('content-type'));
  });

  it('has a key that counts for its endpoint alone', async () => {
    const [one, other] = [await mira().createEndpoint('github'), await mira().createEndpoint('github')];
    const sent = { delivery: 'the-same' };
    const answers = [
      await mira().send(one.path, '{}', signedAsGithub('{}', one.secret, sent)),
      await mira().send(other.path, '{}', signedAsGithub('{}', other.secret, sent)),
    ];
    expect(answers.map(({ status }) => status)).toEqual([202, 202]);
  });

  it('has a key that counts for its tenant alone', async () => {
    const { apiKey } = await mira().addTenant();
    const headers = { 'idempotency-key': 'of two tenants' };
    const answers = [
      await mira().send('/webhook/generic', '{}', { ...headers, 'x-api-key': mira().apiKey }),
      await mira().send('/webhook/generic', '{}', { ...headers, 'x-api-key': apiKey }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([202, 202]);
  });

  const everyByte = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
  it.each<[string, string, Buffer]>([
    ['JSON with a byte order mark', 'application/json', Buffer.from('\uFEFF{"a":1}')],
    ['JSON with CRLF and odd spacing', 'application/json; charset=utf-8', Buffer.from('{\r\n\t"a" :\r\n 1.10e2 }\r\n')],
    [
      'JSON with escapes, NUL among them',
      'application/vnd.x+json',
      Buffer.from('{"a":"\\u0000\\u00e4\\ud83d\\ude00/\\/"}'),
    ],
    ['JSON with a number that no double holds', 'application/json', Buffer.from('{"a":12345678901234567890.0}')],
    ['JSON with a name twice', 'application/json', Buffer.from('{"a":1,"a":2,"__proto__":{"b":3}}')],
    ['a form', 'application/x-www-form-urlencoded', Buffer.from('a=1&b=%C3%A4+%2B&a=2&&c')],
    ['XML', 'application/xml', Buffer.from('<?xml version="1.0"?>\r\n<a b="c">ä</a>')],
    ['XML in UTF-16', 'text/xml', Buffer.from('\uFEFF<a>ä</a>', 'utf16le')],
    ['text of every byte', 'text/plain', everyByte],
    ['text in latin1', 'text/plain; charset=iso-8859-1', Buffer.from('gr\xFC\xDFe', 'latin1')],
    ['a large text', 'text/plain', randomBytes(1_048_576)],
  ])('keeps its bytes: %s', async (_case, type, body) => {
    const { path, secret } = await mira().createEndpoint('github');
    const { status, json } = await mira().send(path, body, { ...signedAsGithub(body, secret), 'content-type': type });
    expect([status, json['duplicate']]).toEqual([202, false]);
    const kept = await mira().get(`/api/v1/events/${String(json['id'])}/body`);
    expect(kept.status).toBe(200);
    expect(kept.body.equals(body)).toBe(true);
    expect(kept.headers.get('content-type')).toBe(type);
    expect(kept.headers.get('x-content-type-options')).toBe('nosniff');
  });

  it('may be empty where it claims no type', async () => {
    const { path, secret } = await mira().createEndpoint('github');
    const { status, json } = await mira().call('POST', path, undefined, {
      apiKey: null,
      headers: signedAsGithub('', secret),
    });
    expect(status).toBe(202);
    const kept = await mira().get(`/api/v1/events/${String(json['id'])}/body`);
    expect([kept.status, kept.body.length]).toEqual([200, 0]);
  });

  it('without a proof is refused', async () => {
    const { path } = await mira().createEndpoint('github');
    for (const at of ['/webhook/n8n', '/webhook/github', path]) {
      expect(await mira().send(at, '{}')).toMatchObject(problem(401, 'unauthorized'));
    }
  });

  it('with a key that is none is refused', async () => {
    const almost = mira().apiKey.slice(0, -1) + (mira().apiKey.endsWith('0') ? '1' : '0');
    for (const [name, value] of [
      ['x-api-key', almost],
      ['x-api-key', 'nonsense'],
      ['authorization', 'Bearer nonsense'],
      ['authorization', `Basic ${mira().apiKey}`],
    ] as const) {
      const answer = await mira().send('/webhook/n8n', '{}', { [name]: value });
      expect(answer).toMatchObject(problem(401, 'unauthorized'));
      expect(answer.headers.get('www-authenticate')).toContain('Bearer');
    }
  });

  it('with the key of somebody who may not send any is refused', async () => {
    const { apiKey } = await mira().addTenant('viewer');
    const answer = await mira().send('/webhook/n8n', '{}', { 'x-api-key': apiKey });
    expect(answer).toMatchObject(problem(403, 'forbidden'));
  });

  it('of a service that nobody knows is not found', async () => {
    for (const service of ['unknown', 'GITHUB', 'constructor', '__proto__', 'n8n%00', 'n8n%2f']) {
      const answer = await mira().call('POST', `/webhook/${service}`, '{}');
      expect(answer).toMatchObject({ status: 404, json: { error: 'Unknown service' } });
    }
  });

  it('to an endpoint that is not there, or not of this service, is not found', async () => {
    const github = await mira().createEndpoint('github');
    const disabled = await mira().createEndpoint('github', { enabled: false });
    for (const [at, secret] of [
      ['/webhook/github/0190a000-0000-7000-8000-000000000000', 's'],
      ['/webhook/github/not-an-id', 's'],
      ["/webhook/github/'%20OR%201=1", 's'],
      [github.path.replace('github', 'n8n'), github.secret],
      [disabled.path, disabled.secret],
    ] as const) {
      const answer = await mira().send(at, '{}', signedAsGithub('{}', secret));
      expect(answer).toMatchObject(problem(404, 'not-found'));
      // An API key is no proof at an endpoint's address, and does not make one known.
      expect((await mira().call('POST', at, '{}')).status).toBe(404);
    }
  });

  it('is posted and nothing else', async () => {
    const { path } = await mira().createEndpoint('github');
    for (const method of ['GET', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
      for (const at of [path, '/webhook/github', '/webhook/github/']) {
        const answer = await mira().call(method, at);
        expect(answer).toMatchObject(problem(405, 'method-not-allowed'));
        expect(answer.headers.get('allow')).toBe('POST');
      }
      expect(await mira().call(method, '/webhook/unknown')).toMatchObject(problem(404, 'unknown-service'));
    }
    expect((await mira().call('HEAD', path)).status).toBe(405);
  });

  it('is posted to a service or an endpoint, and to no other address', async () => {
    for (const path of ['/webhook', '/webhook/', '/webhook/github/a/b', '/webhook//github']) {
      expect(await mira().call('POST', path, '{}')).toMatchObject({ status: 404 });
    }
  });

  it('that was delivered by Mira is taken after five hops, and not after more', async () => {
    const sent = (hops: string) => mira().call('POST', '/webhook/generic', '', { headers: { 'x-mira-hops': hops } });
    for (const hops of ['0', '1', '5']) expect((await sent(hops)).status).toBe(202);
    for (const hops of ['6', '999']) expect(await sent(hops)).toMatchObject(problem(508, 'loop-detected'));
    for (const hops of ['-1', 'many', '1, 1', '9'.repeat(400)]) {
      expect(await sent(hops)).toMatchObject(problem(400, 'bad-request'));
    }
  });

  it('is taken by an endpoint from the moment it is enabled to the moment it is not', async () => {
    const { id, path, secret } = await mira().createEndpoint('standard');
    const send = () => mira().send(path, '{}', signedAsStandard('{}', secret));
    const change = (enabled: boolean) =>
      mira().call('PATCH', `/api/v1/webhook-endpoints/${id}`, JSON.stringify({ enabled }), {
        headers: { 'content-type': 'application/json' },
      });
    expect((await send()).status).toBe(202);
    expect((await change(false)).status).toBe(200);
    expect((await send()).status).toBe(404);
    expect((await change(true)).status).toBe(200);
    expect((await send()).status).toBe(202);
    expect((await mira().call('DELETE', `/api/v1/webhook-endpoints/${id}`)).status).toBe(204);
    expect((await send()).status).toBe(404);
  });
});

describeMira(
  'with webhook.secret_key, a webhook',
  (mira) => {
    it('signed with it is taken for the default tenant', async () => {
      const { status, json } = await mira().send(
        '/webhook/n8n',
        '{"type":"t"}',
        signedAsHub('{"type":"t"}', 'the secret'),
      );
      expect([status, json['status']]).toEqual([202, 'accepted']);
      expect((await mira().get(`/api/v1/events/${String(json['id'])}`)).json).toMatchObject({ endpoint_id: null });
    });

    it('signed with another is refused, and one without a signature needs a key', async () => {
      const wrong = await mira().send('/webhook/n8n', '{}', signedAsHub('{}', 'another secret'));
      expect(wrong).toMatchObject({ status: 403, json: { error: 'Invalid signature' } });
      expect((await mira().send('/webhook/n8n', '{}')).status).toBe(401);
      expect(
        (await mira().call('POST', '/webhook/n8n', '{}', { headers: { 'content-type': 'application/json' } })).status,
      ).toBe(202);
    });

    it('cannot be sent again at another service, under another key, with or without its own', async () => {
      const body = '{"type":"stolen"}';
      const signed = signedAsHub(body, 'the secret');
      const first = await mira().send('/webhook/n8n', body, { ...signed, 'idempotency-key': 'one' });
      expect(first.status).toBe(202);
      const before = await mira().rows();
      for (const service of ['github', 'generic', 'standard']) {
        for (const key of ['one', 'another', '']) {
          const more: Record<string, string> = key ? { 'idempotency-key': key } : {};
          const again = await mira().send(`/webhook/${service}`, body, { ...signed, ...more });
          expect(again).toMatchObject({ status: 403, json: { error: 'Invalid signature' } });
          expect(again.json['detail']).toContain('used before');
        }
      }
      expect((await mira().send('/webhook/n8n', body, { ...signed, 'idempotency-key': 'another' })).status).toBe(403);
      const again = await mira().send('/webhook/n8n', body, { ...signed, 'idempotency-key': 'one' });
      expect(again).toMatchObject({ status: 200, json: { id: first.json['id'], duplicate: true } });
      expect(await mira().rows()).toEqual(before);
    });

    it('without a key is the same as often as it comes, at its service alone', async () => {
      const body = '{"type":"no key"}';
      const signed = signedAsHub(body, 'the secret');
      const first = await mira().send('/webhook/generic', body, signed);
      expect(first.status).toBe(202);
      const again = await mira().send('/webhook/generic', body, signed);
      expect(again).toMatchObject({ status: 200, json: { id: first.json['id'], duplicate: true } });
      expect((await mira().send('/webhook/n8n', body, signed)).status).toBe(403);
    });

    it('has a key that counts for its service alone', async () => {
      for (const service of ['n8n', 'generic']) {
        const body = `{"type":"of ${service}"}`;
        const headers = { ...signedAsHub(body, 'the secret'), 'idempotency-key': 'of two services' };
        expect((await mira().send(`/webhook/${service}`, body, headers)).status).toBe(202);
      }
    });

    it('with a key that is none is not saved by a good signature', async () => {
      const headers = { ...signedAsHub('{}', 'the secret'), 'x-api-key': 'nonsense' };
      expect((await mira().send('/webhook/n8n', '{}', headers)).status).toBe(401);
    });
  },
  { MIRA_WEBHOOK_SECRET_KEY: 'the secret' },
);

it.each(kinds())('without webhook.enabled no webhook is received, and all else works (%s database)', async (kind) => {
  const mira = await startTestMira(kind, { MIRA_WEBHOOK_ENABLED: 'false' });
  try {
    const { path, secret } = await mira.createEndpoint('github');
    expect((await mira.send(path, '{}', signedAsGithub('{}', secret))).status).toBe(404);
    expect((await mira.call('POST', '/webhook/n8n', '{}')).status).toBe(404);
    expect((await mira.call('POST', '/webhook/unknown', '{}')).json).not.toHaveProperty('error');
    expect((await mira.get('/health')).status).toBe(200);
    expect(await mira.rows()).toMatchObject({ events: 0 });
  } finally {
    await mira.stop();
  }
});
