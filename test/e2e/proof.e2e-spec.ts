import { generateStandardKeyPair, generateStandardSecret } from '@mira/signature';
import { type CreatedEndpoint, describeMira, type TestMira } from '../support/mira';
import { nowSeconds, signedAsGeneric, signedAsGithub, signedAsHub, signedAsStandard } from '../support/signed';

type Headers = Record<string, string>;

interface Sender {
  readonly name: string;
  readonly service: string;
  readonly endpoint: Record<string, unknown>;
  /** The key that signs, where it is not the endpoint's own secret. */
  readonly signsWith?: string;
  /** A proof for this body, made at `at` (unix seconds) where the scheme knows time. */
  readonly sign: (body: string, secret: string, at?: number) => Headers;
  /** The header that holds the proof. */
  readonly proof: string;
  readonly signsTime: boolean;
  /** Another secret of its kind. */
  readonly another: () => string;
}

const pair = generateStandardKeyPair();
const text = () => `another secret ${Math.random()}`;

const senders: Sender[] = [
  {
    name: 'github',
    service: 'github',
    endpoint: {},
    sign: (body, secret) => signedAsGithub(body, secret),
    proof: 'x-hub-signature-256',
    signsTime: false,
    another: text,
  },
  {
    name: 'n8n',
    service: 'n8n',
    endpoint: {},
    sign: (body, secret) => signedAsHub(body, secret),
    proof: 'x-hub-signature-256',
    signsTime: false,
    another: text,
  },
  {
    name: 'standard v1',
    service: 'standard',
    endpoint: {},
    sign: (body, secret, at) => signedAsStandard(body, secret, at === undefined ? {} : { timestampSeconds: at }),
    proof: 'webhook-signature',
    signsTime: true,
    another: generateStandardSecret,
  },
  {
    name: 'standard v1a',
    service: 'standard',
    endpoint: { secret: pair.publicKey },
    signsWith: pair.privateKey,
    sign: (body, secret, at) => signedAsStandard(body, secret, at === undefined ? {} : { timestampSeconds: at }),
    proof: 'webhook-signature',
    signsTime: true,
    another: () => generateStandardKeyPair().privateKey,
  },
  {
    name: 'generic',
    service: 'generic',
    endpoint: {},
    sign: (body, secret) => signedAsGeneric(body, secret),
    proof: 'x-webhook-signature',
    signsTime: false,
    another: text,
  },
  {
    name: 'generic with a time',
    service: 'generic',
    endpoint: { config: { timestamp_header: 'X-Timestamp' } },
    sign: (body, secret, at) => signedAsGeneric(body, secret, at ?? nowSeconds()),
    proof: 'x-webhook-signature',
    signsTime: true,
    another: text,
  },
];

const BODY = '{"type":"order.paid","n":1}';

async function expectRefused(mira: TestMira, path: string, body: string, headers: Headers): Promise<void> {
  const before = await mira.rows();
  const answer = await mira.send(path, body, headers);
  expect(answer).toMatchObject({
    status: 403,
    json: { type: 'urn:mira:problem:invalid-signature', error: 'Invalid signature' },
  });
  expect(await mira.rows()).toEqual(before);
}

describeMira('the proof of', (mira) => {
  describe.each(senders)('$name', ({ service, endpoint, signsWith, sign, proof, signsTime, another }) => {
    let at: CreatedEndpoint;
    let secret: string;
    beforeEach(async () => {
      at = await mira().createEndpoint(service, endpoint);
      secret = signsWith ?? at.secret;
    });

    it('is taken when it is right', async () => {
      expect((await mira().send(at.path, BODY, sign(BODY, secret))).status).toBe(202);
    });

    it('is refused over another body, by another secret, and when it is spoilt', async () => {
      const good = sign(BODY, secret);
      await expectRefused(mira(), at.path, BODY.replace('1', '2'), good);
      await expectRefused(mira(), at.path, BODY, sign(BODY, another()));
      await expectRefused(mira(), at.path, BODY, { ...good, [proof]: good[proof]?.slice(0, -2) ?? '' });
      await expectRefused(mira(), at.path, BODY, { ...good, [proof]: `${good[proof]}0` });
      await expectRefused(mira(), at.path, BODY, { ...good, [proof]: 'nonsense' });
    });

    it('is asked for when it is missing', async () => {
      const { [proof]: _left, ...rest } = sign(BODY, secret);
      expect((await mira().send(at.path, BODY, rest)).status).toBe(401);
    });

    it('is refused at the endpoint of another', async () => {
      const other = await mira().createEndpoint(
        service,
        signsWith ? { secret: generateStandardKeyPair().publicKey } : endpoint,
      );
      await expectRefused(mira(), other.path, BODY, sign(BODY, secret));
    });

    if (signsTime) {
      it('is taken up to five minutes old or early, and refused beyond', async () => {
        for (const age of [-290, 290]) {
          expect(
            (await mira().send(at.path, `{"n":${age}}`, sign(`{"n":${age}}`, secret, nowSeconds() - age))).status,
          ).toBe(202);
        }
        for (const age of [310, -310, 86_400])
          await expectRefused(mira(), at.path, BODY, sign(BODY, secret, nowSeconds() - age));
        const good = sign(BODY, secret);
        const header = service === 'standard' ? 'webhook-timestamp' : 'x-timestamp';
        for (const time of ['', 'now', `${nowSeconds()}.5`, `-${nowSeconds()}`, '99999999999999999999']) {
          await expectRefused(mira(), at.path, BODY, { ...good, [header]: time });
        }
      });
    }
  });

  it('github is refused when it comes again for another delivery, and taken as the same for its own', async () => {
    const { path, secret } = await mira().createEndpoint('github');
    const first = signedAsGithub(BODY, secret);
    const { json } = await mira().send(path, BODY, first);
    await expectRefused(mira(), path, BODY, { ...first, 'x-github-delivery': 'made up by a thief' });
    expect(await mira().send(path, BODY, first)).toMatchObject({
      status: 200,
      json: { id: json['id'], duplicate: true },
    });
  });

  it('github serves as its key where no id comes with it', async () => {
    const { path, secret } = await mira().createEndpoint('github');
    const { 'x-github-delivery': _none, ...headers } = signedAsGithub(BODY, secret);
    const first = await mira().send(path, BODY, headers);
    expect(first.status).toBe(202);
    expect(await mira().send(path, BODY, headers)).toMatchObject({ status: 200, json: { id: first.json['id'] } });
    await expectRefused(mira(), path, BODY, { ...headers, 'x-github-delivery': 'made up by a thief' });
  });

  it('generic with a time is refused when it comes again under another key', async () => {
    const { path, secret } = await mira().createEndpoint('generic', { config: { timestamp_header: 'x-timestamp' } });
    const headers = signedAsGeneric(BODY, secret, nowSeconds());
    const first = await mira().send(path, BODY, { ...headers, 'idempotency-key': 'one' });
    expect(first.status).toBe(202);
    await expectRefused(mira(), path, BODY, { ...headers, 'idempotency-key': 'another' });
    expect((await mira().send(path, BODY, { ...headers, 'idempotency-key': 'one' })).status).toBe(200);
  });

  it('standard covers the id, so that a stolen one says nothing under another', async () => {
    const { path, secret } = await mira().createEndpoint('standard');
    const headers = signedAsStandard(BODY, secret, { id: 'msg_one' });
    expect((await mira().send(path, BODY, headers)).status).toBe(202);
    expect((await mira().send(path, BODY, headers)).status).toBe(200);
    await expectRefused(mira(), path, BODY, { ...headers, 'webhook-id': 'msg_two' });
  });

  it('replayed by many at once for made-up deliveries stores one event', async () => {
    const { path, secret } = await mira().createEndpoint('github');
    const before = await mira().rows();
    const proof = signedAsGithub(BODY, secret);
    const answers = await Promise.all(
      Array.from({ length: 24 }, (_, n) => mira().send(path, BODY, { ...proof, 'x-github-delivery': `made up ${n}` })),
    );
    expect(answers.filter(({ status }) => status === 202)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 403)).toHaveLength(23);
    expect((await mira().rows())['events']).toBe((before['events'] ?? 0) + 1);
  });

  describe.each(senders.filter(({ signsWith }) => !signsWith))('$name', ({ service, endpoint, sign }) => {
    const rotate = (id: string, body: unknown) => mira().post(`/api/v1/webhook-endpoints/${id}/rotate-secret`, body);

    it('may be by the old secret or the new one while it is rotated, and two at most', async () => {
      const { id, path, secret: first } = await mira().createEndpoint(service, endpoint);
      const { secret: second } = (await rotate(id, { grace_seconds: 60 })).json as { secret: string };
      expect((await mira().send(path, '{"n":1}', sign('{"n":1}', first))).status).toBe(202);
      expect((await mira().send(path, '{"n":2}', sign('{"n":2}', second))).status).toBe(202);
      const { secret: third } = (await rotate(id, { grace_seconds: 60 })).json as { secret: string };
      expect((await mira().send(path, '{"n":3}', sign('{"n":3}', third))).status).toBe(202);
      expect((await mira().send(path, '{"n":4}', sign('{"n":4}', second))).status).toBe(202);
      await expectRefused(mira(), path, '{"n":5}', sign('{"n":5}', first));
    });

    it('may be by the new secret alone where no grace is given', async () => {
      const { id, path, secret: old } = await mira().createEndpoint(service, endpoint);
      const { status, json } = await rotate(id, { grace_seconds: 0 });
      expect(status).toBe(200);
      await expectRefused(mira(), path, BODY, sign(BODY, old));
      expect((await mira().send(path, BODY, sign(BODY, String(json['secret'])))).status).toBe(202);
    });
  });
});
