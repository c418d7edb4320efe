import { randomUUID } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { eventually } from '../support/eventually';
import { type Answer, describeMira, type TestMira } from '../support/mira';
import { RawConnection } from '../support/raw-http';
import { signedAsGithub, signedAsStandard } from '../support/signed';

const LIMIT = 1_048_576;

type Headers = Record<string, string>;

/** What the rows were before, to be compared with when everything was refused. */
let before: Record<string, number>;

function expectProblem(answer: Answer, status: number, kind?: string): void {
  expect(answer.headers.get('content-type')).toBe('application/problem+json');
  expect(answer).toMatchObject({
    status,
    json: {
      type: kind ? `urn:mira:problem:${kind}` : expect.stringMatching(/^urn:mira:problem:[a-z-]+$/),
      title: expect.any(String),
      status,
      detail: expect.any(String),
      request_id: answer.headers.get('x-request-id'),
    },
  });
}

describeMira('what is wrong is refused, and nothing of it is stored:', (mira) => {
  let path: string;
  let secret: string;
  beforeAll(async () => {
    ({ path, secret } = await mira().createEndpoint('github'));
  });
  beforeEach(async () => {
    before = await mira().rows();
  });
  afterEach(async () => {
    expect(await mira().rows()).toEqual(before);
    // It is none the worse for it.
    expect((await mira().get('/health/ready')).status).toBe(200);
  });

  /** Well signed, so that nothing but the body is wrong. */
  function send(body: string | Buffer, headers: Headers = {}): Promise<Answer> {
    return mira().send(path, body, { ...signedAsGithub(body, secret), ...headers });
  }

  const json: [string, string | Buffer][] = [
    ['an end too early', '{"a":1'],
    ['a bracket too many', '{"a":1}}'],
    ['two values', '{"a":1}{"a":2}'],
    ['a comma at the end', '[1,]'],
    ['single quotes', "{'a':1}"],
    ['NaN', '{"a":NaN}'],
    ['a raw control character', '{"a":"\u0001"}'],
    ['nothing at all', ''],
    ['blanks', '   '],
    ['bytes that are no UTF-8', Buffer.from([0x22, 0xff, 0xfe, 0x22])],
    ['half a character', Buffer.from('{"a":"ä"}').subarray(0, 7)],
    ['UTF-16', Buffer.from('{"a":1}', 'utf16le')],
    ['a surrogate encoded by itself', Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22])],
  ];
  it.each(json)('JSON that is %s', async (_case, body) => {
    expectProblem(await send(body), 400, 'malformed-body');
  });

  it.each([
    ['arrays', '['.repeat(100_000)],
    ['arrays, closed again', '['.repeat(129) + ']'.repeat(129)],
    ['objects', '{"a":'.repeat(200_000)],
    ['both', '[{"a":'.repeat(150_000)],
  ])('JSON that is nested too deep: %s', async (_case, body) => {
    const start = performance.now();
    expectProblem(await send(body), 400, 'malformed-body');
    expect(performance.now() - start).toBeLessThan(2_000);
  });

  it.each([
    ['a form with half an escape', 'application/x-www-form-urlencoded', 'a=%4'],
    ['a form with bytes that are no UTF-8', 'application/x-www-form-urlencoded', 'a=%ff'],
    ['a form with a thousand fields and one', 'application/x-www-form-urlencoded', 'a=1&'.repeat(1_001)],
    ['text that is not of its charset', 'text/plain; charset=utf-8', Buffer.from([0xff])],
    ['XML that is none', 'application/xml', 'not xml'],
    ['XML that is not of its charset', 'application/xml; charset=us-ascii', '<a>ä</a>'],
  ])('%s', async (_case, type, body) => {
    expectProblem(await send(body, { 'content-type': type }), 400, 'malformed-body');
  });

  it.each([
    'application/octet-stream',
    'multipart/form-data; boundary=x',
    'image/png',
    'application/json; charset=utf-16',
    'application/json; charset=nonsense',
    'text/plain; charset=nonsense',
    'nonsense',
    'application/json; charset=utf-8; charset=latin1',
  ])('the content type %s', async (type) => {
    expectProblem(await send('{}', { 'content-type': type }), 415, 'unsupported-media-type');
  });

  it('a body without a content type', async () => {
    const headers = signedAsGithub('{}', secret);
    expectProblem(await mira().call('POST', path, '{}', { apiKey: null, headers }), 415, 'unsupported-media-type');
  });

  it.each(['gzip', 'deflate', 'br', 'zstd', 'nonsense', 'identity, gzip'])(
    'the content encoding %s',
    async (encoding) => {
      const answer = await send(gzipSync('{}'), { 'content-encoding': encoding });
      expectProblem(answer, 415, 'unsupported-media-type');
    },
  );

  it('a body that is one byte too long, by what it says of itself', async () => {
    expectProblem(
      await send(Buffer.alloc(LIMIT + 1, 0x20), { 'content-type': 'text/plain' }),
      413,
      'payload-too-large',
    );
  });

  it('a body that is much too long, by what it says of itself, before it is sent', async () => {
    const raw = await RawConnection.open(mira().port);
    await raw.write(post(path, ['content-length: 99999999999999', 'content-type: application/json']));
    const answer = await raw.untilClosed();
    expect([answer?.status, answer?.body]).toEqual([413, expect.stringContaining('payload-too-large')]);
    expect(answer?.head).toMatch(/^connection: close$/im);
  });

  it.each([
    ['an unknown service', 'POST /webhook/unknown', 404],
    ['a method that receives nothing', 'PUT /webhook/github', 405],
    ['what was delivered too often', 'POST /webhook/github HTTP/1.1\r\nx-mira-hops: 6\r\nx:', 508],
  ])('a body for %s, before any of it is sent', async (_case, line, status) => {
    const raw = await RawConnection.open(mira().port);
    await raw.write(`${line} HTTP/1.1\r\nhost: mira\r\ncontent-length: 1000\r\n\r\n`);
    const answer = await raw.untilClosed();
    expect([answer?.status, answer?.head]).toEqual([status, expect.stringMatching(/^connection: close$/im)]);
    expect(answer?.head).toContain('application/problem+json');
  });

  it('more bodies at one time than there is room for, and room there is again when they are gone', async () => {
    const almost = `${post(path, ['content-length: 1048576', 'content-type: text/plain'])}${'x'.repeat(LIMIT - 1)}`;
    const many = await Promise.all(Array.from({ length: 70 }, () => RawConnection.open(mira().port)));
    await Promise.all(many.map((raw) => raw.write(almost)));
    await eventually(() => expect(many.filter(({ answer }) => answer !== null).length).toBeGreaterThanOrEqual(6));
    const refused = many.flatMap(({ answer }) => answer ?? []);
    expect(refused.length).toBeLessThan(20);
    for (const { status, head } of refused) {
      expect([status, head]).toEqual([503, expect.stringMatching(/^connection: close$/im)]);
      expect(head).toMatch(/^retry-after: \d+$/im);
    }
    for (const raw of many) raw.destroy();
    await eventually(async () => expectProblem(await send('not JSON'), 400, 'malformed-body'));
  });

  it('a body that never ends, while it is still being sent', async () => {
    const raw = await RawConnection.open(mira().port);
    await raw.write(post(path, ['transfer-encoding: chunked', 'content-type: application/json']));
    const chunk = `10000\r\n${'x'.repeat(65_536)}\r\n`;
    let sent = 0;
    const start = performance.now();
    while (performance.now() - start < 20_000 && (await raw.write(chunk))) {
      sent += 65_536;
      if (raw.answer) break;
    }
    // The answer came while the body was going on, and not much of it was taken.
    expect(raw.answer?.status).toBe(413);
    expect(sent).toBeLessThan(LIMIT + 16 * 1_048_576);
    // And the connection does not stay open for one who goes on regardless.
    while (performance.now() - start < 20_000 && (await raw.write(chunk)));
    expect(await raw.untilClosed()).toMatchObject({ status: 413, body: expect.stringContaining('payload-too-large') });
    expect(performance.now() - start).toBeLessThan(20_000);
  });

  it('a body that breaks off', async () => {
    const raw = await RawConnection.open(mira().port);
    await raw.write(post(path, ['content-length: 100', 'content-type: application/json']) + '{"a":');
    raw.destroy();
    await raw.untilClosed();
  });

  it('chunks that are none', async () => {
    const raw = await RawConnection.open(mira().port);
    await raw.write(`${post(path, ['transfer-encoding: chunked', 'content-type: application/json'])}nonsense\r\n`);
    expect((await raw.untilClosed())?.status).toBe(400);
  });

  it('a length and chunks together', async () => {
    const raw = await RawConnection.open(mira().port);
    await raw.write(`${post(path, ['transfer-encoding: chunked', 'content-length: 2'])}2\r\n{}\r\n0\r\n\r\n`);
    expect((await raw.untilClosed())?.status).toBe(400);
  });

  it('ten thousand headers', async () => {
    const raw = await RawConnection.open(mira().port);
    const many = Array.from({ length: 10_000 }, (_, n) => `x-header-${n}: ${n}`);
    await raw.write(`${post(path, ['content-length: 2', 'content-type: application/json', ...many])}{}`);
    const answer = await raw.untilClosed();
    expect([answer?.status, answer?.head.toLowerCase()]).toEqual([
      431,
      expect.stringContaining('application/problem+json'),
    ]);
  });

  it('ten thousand short headers, which are few bytes but many', async () => {
    const headers = { ...signedAsGithub('{}', secret), 'content-length': '2', 'content-type': 'application/json' };
    const raw = await RawConnection.open(mira().port);
    const many = Array.from({ length: 2_000 }, () => 'a:1');
    const given = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
    await raw.write(`${post(path, [...many, ...given, 'connection: close'])}{}`);
    const status = (await raw.untilClosed())?.status ?? 0;
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(500);
  });

  it('one endless header', async () => {
    const raw = await RawConnection.open(mira().port);
    await raw.write(post(path, [`x-long: ${'x'.repeat(100_000)}`]));
    expect((await raw.untilClosed())?.status).toBe(431);
  });

  it('an expectation that is not met', async () => {
    const raw = await RawConnection.open(mira().port);
    await raw.write(post(path, ['content-length: 2', 'expect: the-unexpected', 'connection: close']) + '{}');
    const answer = await raw.untilClosed();
    expect([answer?.status, answer?.body]).toEqual([417, expect.stringContaining('expectation-failed')]);
  });

  it.each(['', 'x-forwarded-host: mira\r\n'])('a request without a host: %j', async (more) => {
    const raw = await RawConnection.open(mira().port);
    await raw.write(`GET /health/live HTTP/1.1\r\n${more}connection: close\r\n\r\n`);
    const answer = await raw.untilClosed();
    expect([answer?.status, answer?.body]).toEqual([400, expect.stringContaining('no Host header')]);
    expect(answer?.head).toContain('application/problem+json');
  });

  it('what is no HTTP', async () => {
    const raw = await RawConnection.open(mira().port);
    await raw.write('\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 hello\r\n\r\n');
    expect((await raw.untilClosed())?.status).toBe(400);
  });

  it.each([
    ['of another', { 'x-hub-signature-256': `sha256=${'0'.repeat(64)}` }],
    ['that is empty', { 'x-hub-signature-256': '' }],
    ['that is cut short', { 'x-hub-signature-256': 'sha256=ab' }],
    ['of another algorithm', { 'x-hub-signature-256': `sha1=${'0'.repeat(40)}` }],
    ['that is huge', { 'x-hub-signature-256': `sha256=${'0'.repeat(10_000)}` }],
  ])('a signature %s', async (_case, headers) => {
    const answer = await send('{}', headers);
    expect([401, 403]).toContain(answer.status);
    expectProblem(answer, answer.status);
  });

  it('a signature that is too old', async () => {
    const endpoint = await mira().createEndpoint('standard');
    const headers = signedAsStandard('{}', endpoint.secret, { timestampSeconds: 1_700_000_000 });
    expectProblem(await mira().send(endpoint.path, '{}', headers), 403, 'invalid-signature');
  });

  it.each(['unknown', 'GitHub', 'constructor', '..%2f', '%00', 'n8n%20', '💥'])('the service %j', async (service) => {
    expectProblem(await mira().post(`/webhook/${service}`, {}), 404);
  });

  it.each([
    '/webhook/%zz',
    '/webhook/%ff',
    '/webhook/%',
    '/webhook/%ED%A0%80',
    '/webhook/github/%E0%A4%A',
    '/webhook/github/%ED%BF%BF',
    '/webhook/github/%C0%AF',
    '/api/v1/events/%ff',
    '/api/v1/webhook-endpoints/%ED%A0%80/rotate-secret',
  ])('the address %s, which cannot be decoded', async (address) => {
    const { status, headers, json: problem } = await mira().post(address, {});
    expect([status, headers.get('content-type')]).toEqual([400, 'application/problem+json']);
    expect(problem).toMatchObject({ type: 'urn:mira:problem:bad-request', request_id: expect.any(String) });
  });

  it.each([
    '/webhook/\xff',
    '/webhook/github/\xed\xa0\x80',
    '/\xff',
    '/webhook/%ff?%ff',
    '/api/v1/events?cursor=%ff',
    '*',
  ])('the address %j as it stands on the wire', async (address) => {
    const raw = await RawConnection.open(mira().port);
    const head = `POST ${address} HTTP/1.1\r\nhost: mira\r\nx-api-key: ${mira().apiKey}\r\nconnection: close\r\n\r\n`;
    await raw.write(Buffer.from(head, 'latin1'));
    const answer = await raw.untilClosed();
    expect([400, 404]).toContain(answer?.status);
    expect(answer?.head).toContain('application/problem+json');
  });

  it('an address without end', async () => {
    const answer = await mira().post(`/webhook/${'x'.repeat(8_000)}`, {});
    expectProblem(answer, answer.status);
    expect(answer.status).toBeLessThan(500);
  });

  it.each(['not-an-id', '0', '%00', '00000000-0000-0000-0000-000000000000x', "' OR 1=1 --", '../../health', '💥'])(
    'the id %j',
    async (id) => {
      expectProblem(await mira().send(`/webhook/github/${encodeURIComponent(id)}`, '{}'), 404, 'not-found');
      for (const things of ['events', 'deliveries', 'webhook-endpoints', 'integrations', 'routes', 'projects']) {
        const answer = await mira().get(`/api/v1/${things}/${encodeURIComponent(id)}`);
        expect([400, 404]).toContain(answer.status);
        expectProblem(answer, answer.status);
      }
    },
  );

  it.each([
    ['is longer than 255 characters', 'x'.repeat(256)],
    ['holds a control character', 'a\tb'],
  ])('a dedup key that %s', async (_case, key) => {
    expectProblem(await send('{}', { 'x-github-delivery': key }), 400);
  });

  describe('at a management route:', () => {
    const manage = (body: string | Buffer, headers: Headers = {}) =>
      mira().call('POST', '/api/v1/webhook-endpoints', body, {
        headers: { 'content-type': 'application/json', ...headers },
      });

    it.each([
      ['arrays', '['.repeat(20_000) + ']'.repeat(20_000)],
      ['arrays in a field', `{"config":${'['.repeat(20_000)}${']'.repeat(20_000)}}`],
      ['objects in a field', `{"config":${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}}`],
      ['one level too many', `{"a":${'['.repeat(128)}${']'.repeat(128)}}`],
    ])('JSON that is nested too deep: %s', async (_case, body) => {
      const answer = await manage(body);
      expectProblem(answer, 400, 'malformed-body');
      expect(answer.json['detail']).toContain('128 levels');
    });

    it.each(['[]', '"text"', '7', 'null', '{"a":1', '{"a":1}{}', ' ', "{'a':1}"])('the body %j', async (body) => {
      expectProblem(await manage(body), 400, 'malformed-body');
    });

    it('bytes that are no UTF-8', async () => {
      expectProblem(await manage(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])), 400, 'malformed-body');
    });

    it.each<Headers>([
      { 'content-type': 'text/plain' },
      { 'content-type': 'application/x-www-form-urlencoded' },
      { 'content-type': 'application/json; charset=utf-16' },
      { 'content-type': 'nonsense' },
      { 'content-encoding': 'gzip' },
    ])('what %j says', async (headers) => {
      expectProblem(await manage('{}', headers), 415, 'unsupported-media-type');
    });

    it('no body, where one is needed', async () => {
      expectProblem(await manage(''), 400, 'validation-failed');
    });

    it('a body that is too large, and no end of it, while it is still being sent', async () => {
      for (const [length, chunk] of [
        ['content-length: 99999999', 'x'.repeat(1_000)],
        ['transfer-encoding: chunked', `20000\r\n${'x'.repeat(0x20000)}\r\n`],
      ] as const) {
        const raw = await RawConnection.open(mira().port);
        await raw.write(`${post('/api/v1/routes', [length, 'content-type: application/json'])}${chunk}`);
        const answer = await raw.untilClosed();
        expect([answer?.status, answer?.head]).toEqual([413, expect.stringMatching(/^connection: close$/im)]);
      }
    });
  });

  it('a header with a NUL', async () => {
    const raw = await RawConnection.open(mira().port);
    const headers = { ...signedAsGithub('{}', secret), 'x-github-delivery': 'a\0b', 'x-github-event': 'pu\0sh' };
    const given = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
    await raw.write(`${post(path, ['content-length: 2', 'content-type: application/json', ...given])}{}`);
    expect((await raw.untilClosed())?.status).toBe(400);
  });
});

describeMira('what looks wrong and is not, is taken:', (mira) => {
  it.each([
    ['of HTTP/1.0 without a host', 'GET /health/live HTTP/1.0', ''],
    ['that asks whether to go on', 'GET /health/live HTTP/1.1', 'host: mira\r\nexpect: 100-continue\r\n'],
  ])('a request %s', async (_case, line, more) => {
    const raw = await RawConnection.open(mira().port);
    await raw.write(`${line}\r\n${more}connection: close\r\n\r\n`);
    const answer = await raw.untilClosed();
    expect(`${answer?.head}${answer?.body}`).toMatch(/HTTP\/1.1 200 OK/);
  });

  async function eventOf(answer: Answer): Promise<Record<string, unknown>> {
    expect(answer.status).toBe(202);
    return (await mira().get(`/api/v1/events/${String(answer.json['id'])}`)).json;
  }

  const send = (target: TestMira, body: string, headers: Headers = {}) =>
    target.call('POST', '/webhook/generic', body, { headers: { 'content-type': 'application/json', ...headers } });

  it.each([
    ['a NUL', '{"type":"a\\u0000b","n":1}'],
    ['half a surrogate pair', '{"type":"a\\ud800b","n":2}'],
    ['too many characters', `{"type":"${'x'.repeat(300)}"}`],
    ['a number', '{"type":7}'],
    ['an object', '{"type":{"type":"a"}}'],
  ])('an event type with %s is none, and the event is kept', async (_case, body) => {
    expect(await eventOf(await send(mira(), body))).toMatchObject({ event_type: null });
  });

  it('JSON that is no object', async () => {
    for (const body of ['null', '7', '"text"', '[]', 'true']) {
      expect(await eventOf(await send(mira(), body))).toMatchObject({ body_bytes: body.length });
    }
  });

  it('JSON that is nested as deep as any sender does', async () => {
    expect((await send(mira(), '['.repeat(128) + ']'.repeat(128))).status).toBe(202);
  });

  it('a body of exactly the most bytes, with a length and in chunks', async () => {
    const { path, secret } = await mira().createEndpoint('github');
    const body = `"${'x'.repeat(LIMIT - 2)}"`;
    expect((await mira().send(path, body, signedAsGithub(body, secret))).status).toBe(202);
    const raw = await RawConnection.open(mira().port);
    const headers = { ...signedAsGithub(`${body} `.slice(0, -1), secret), 'content-type': 'application/json' };
    const given = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
    await raw.write(post(path, [...given, 'transfer-encoding: chunked', 'connection: close']));
    for (let at = 0; at < LIMIT; at += 65_536) await raw.write(`10000\r\n${body.slice(at, at + 65_536)}\r\n`);
    await raw.write('0\r\n\r\n');
    // The same bytes and so the same proof, for another delivery.
    expect((await raw.untilClosed())?.status).toBe(403);
  });

  it('headers in another alphabet', async () => {
    const answer = await send(mira(), '{}', { 'x-from': Buffer.from('Zürich', 'utf8').toString('latin1') });
    expect(answer.status).toBe(202);
  });

  it('a trace that is none, which is not carried on', async () => {
    expect((await send(mira(), '{}', { traceparent: 'nonsense', 'idempotency-key': randomUUID() })).status).toBe(202);
  });
});

function post(path: string, headers: readonly string[]): string {
  return [`POST ${path} HTTP/1.1`, 'host: mira', ...headers, '', ''].join('\r\n');
}
