import { generateStandardSecret } from '@mira/signature';
import { serviceNames } from '../../src/webhook/source/source.registry';
import { type CreatedEndpoint, describeMira, type TestMira } from '../support/mira';
import {
  nowSeconds,
  signedAsGeneric,
  signedAsGithub,
  signedAsGitlab,
  signedAsHub,
  signedAsJira,
  signedAsShopify,
  signedAsSlack,
  signedAsStandard,
  signedAsStripe,
  signedAsTrello,
} from '../support/signed';

type Headers = Record<string, string>;

/** One delivery of a sender's: what it posts, and with which headers. */
interface Delivery {
  readonly body: string;
  readonly headers: Headers;
}

interface Sender {
  readonly title: string;
  readonly service: string;
  readonly endpoint?: Record<string, unknown>;
  /** The delivery with this id, signed just now; the same id is the same event. */
  readonly deliver: (id: string, secret: string, url: string, secondsAgo?: number) => Delivery;
  readonly eventType: string;
  readonly proof: string;
  readonly signsTime?: true;
  /** Where the id is no part of what is signed: a header that a thief would change, and what comes of that. */
  readonly unsignedId?: { readonly header: string; readonly seenAgain: 'is a replay' | 'is another event' };
}

const ORDER = { object: 'order', total: 12.5, note: 'naïve 🦆' };
const json = (value: object) => JSON.stringify(value);

const senders: readonly Sender[] = [
  {
    title: 'github',
    service: 'github',
    deliver: (id, secret) => {
      const body = json({ ...ORDER, of: id });
      return { body, headers: signedAsGithub(body, secret, { delivery: id, event: 'push' }) };
    },
    eventType: 'push',
    proof: 'x-hub-signature-256',
    unsignedId: { header: 'x-github-delivery', seenAgain: 'is a replay' },
  },
  {
    title: 'gitlab with a secret token',
    service: 'gitlab',
    deliver: (id, secret) => ({ body: json(ORDER), headers: signedAsGitlab(json(ORDER), secret, { id }) }),
    eventType: 'Push Hook',
    proof: 'x-gitlab-token',
    unsignedId: { header: 'webhook-id', seenAgain: 'is another event' },
  },
  {
    title: 'gitlab with a signing token',
    service: 'gitlab',
    endpoint: { secret: generateStandardSecret() },
    deliver: (id, secret, _url, secondsAgo = 0) => {
      const timestampSeconds = nowSeconds() - secondsAgo;
      return { body: json(ORDER), headers: signedAsGitlab(json(ORDER), secret, { id, timestampSeconds }) };
    },
    eventType: 'Push Hook',
    proof: 'webhook-signature',
    signsTime: true,
  },
  {
    title: 'stripe',
    service: 'stripe',
    deliver: (id, secret, _url, secondsAgo = 0) => {
      const body = json({ ...ORDER, id, type: 'invoice.paid' });
      return { body, headers: signedAsStripe(body, secret, nowSeconds() - secondsAgo) };
    },
    eventType: 'invoice.paid',
    proof: 'stripe-signature',
    signsTime: true,
  },
  {
    title: 'slack',
    service: 'slack',
    deliver: (id, secret, _url, secondsAgo = 0) => {
      const body = json({ type: 'event_callback', event_id: id, event: { type: 'app_mention' } });
      return { body, headers: signedAsSlack(body, secret, nowSeconds() - secondsAgo) };
    },
    eventType: 'app_mention',
    proof: 'x-slack-signature',
    signsTime: true,
  },
  {
    title: 'shopify',
    service: 'shopify',
    deliver: (id, secret) => ({ body: json(ORDER), headers: signedAsShopify(json(ORDER), secret, { id }) }),
    eventType: 'orders/create',
    proof: 'x-shopify-hmac-sha256',
    unsignedId: { header: 'x-shopify-webhook-id', seenAgain: 'is another event' },
  },
  {
    title: 'jira',
    service: 'jira',
    deliver: (id, secret) => {
      const body = json({ timestamp: 1_784_000_000_000, webhookEvent: 'jira:issue_created', issue: { key: id } });
      return { body, headers: signedAsJira(body, secret, id) };
    },
    eventType: 'jira:issue_created',
    proof: 'x-hub-signature',
    unsignedId: { header: 'x-atlassian-webhook-identifier', seenAgain: 'is a replay' },
  },
  {
    title: 'trello',
    service: 'trello',
    deliver: (id, secret, url) => {
      const body = json({ action: { id, type: 'updateCard' }, model: { name: 'A board' } });
      return { body, headers: signedAsTrello(body, secret, url) };
    },
    eventType: 'updateCard',
    proof: 'x-trello-webhook',
  },
  {
    title: 'standard',
    service: 'standard',
    deliver: (id, secret, _url, secondsAgo = 0) => {
      const body = json({ ...ORDER, type: 'order.paid' });
      return { body, headers: signedAsStandard(body, secret, { id, timestampSeconds: nowSeconds() - secondsAgo }) };
    },
    eventType: 'order.paid',
    proof: 'webhook-signature',
    signsTime: true,
  },
  {
    title: 'n8n',
    service: 'n8n',
    deliver: (id, secret) => {
      const body = json({ ...ORDER, workflow_type: 'order_paid' });
      return { body, headers: { ...signedAsHub(body, secret), 'idempotency-key': id } };
    },
    eventType: 'order_paid',
    proof: 'x-hub-signature-256',
    unsignedId: { header: 'idempotency-key', seenAgain: 'is another event' },
  },
  {
    title: 'generic',
    service: 'generic',
    deliver: (id, secret) => {
      const body = json({ ...ORDER, event: 'order.paid' });
      return { body, headers: { ...signedAsGeneric(body, secret), 'idempotency-key': id } };
    },
    eventType: 'order.paid',
    proof: 'x-webhook-signature',
    unsignedId: { header: 'idempotency-key', seenAgain: 'is another event' },
  },
];

const INVALID = { status: 403, json: { type: 'urn:mira:problem:invalid-signature', error: 'Invalid signature' } };

async function expectRefused(mira: TestMira, at: string, { body, headers }: Delivery): Promise<void> {
  const before = await mira.rows();
  expect(await mira.send(at, body, headers)).toMatchObject(INVALID);
  expect(await mira.rows()).toEqual(before);
}

it('has a sender here for every source', () => {
  expect(new Set(senders.map(({ service }) => service))).toEqual(new Set(serviceNames));
});

describeMira('the source', (mira) => {
  describe.each(senders)('$title', ({ service, endpoint = {}, deliver, eventType, proof, signsTime, unsignedId }) => {
    let at: CreatedEndpoint;
    beforeEach(async () => {
      at = await mira().createEndpoint(service, endpoint);
    });

    const delivery = (id: string, { secret = at.secret, secondsAgo }: { secret?: string; secondsAgo?: number } = {}) =>
      deliver(id, secret, mira().url + at.path, secondsAgo);
    const send = ({ body, headers }: Delivery) => mira().send(at.path, body, headers);

    it('is stored byte for byte with its type and its id, and without its proof', async () => {
      const sent = delivery('delivery-1');
      const { status, json: answer } = await send(sent);
      expect([status, answer['duplicate']]).toEqual([202, false]);
      const event = await mira().get(`/api/v1/events/${String(answer['id'])}`);
      expect(event.json).toMatchObject({ service, event_type: eventType, dedup_key: 'delivery-1', endpoint_id: at.id });
      expect(event.json['headers']).not.toHaveProperty(proof);
      const { body } = await mira().get(`/api/v1/events/${String(answer['id'])}/body`);
      expect(body.toString()).toBe(sent.body);
    });

    it('is the same delivery when it comes again, signed anew, and another under another id', async () => {
      const { json: first } = await send(delivery('delivery-1', { secondsAgo: 60 }));
      const again = await send(delivery('delivery-1'));
      expect(again).toMatchObject({ status: 200, json: { id: first['id'], status: 'accepted', duplicate: true } });
      const other = await send(delivery('delivery-2'));
      expect(other).toMatchObject({ status: 202, json: { duplicate: false } });
      expect(other.json['id']).not.toBe(first['id']);
    });

    it('is refused with a wrong proof, and asked for one where there is none', async () => {
      const { body, headers } = delivery('delivery-1');
      const { secret } = await mira().createEndpoint(service);
      await expectRefused(mira(), at.path, delivery('delivery-1', { secret }));
      await expectRefused(mira(), at.path, { body, headers: { ...headers, [proof]: `${headers[proof]}0` } });
      const { [proof]: _none, ...rest } = headers;
      expect((await send({ body, headers: rest })).status).toBe(401);
    });

    it('takes the old secret and the new one while it is rotated', async () => {
      const rotated = await mira().post(`/api/v1/webhook-endpoints/${at.id}/rotate-secret`, { grace_seconds: 60 });
      expect(rotated.status).toBe(200);
      expect((await send(delivery('delivery-1'))).status).toBe(202);
      expect((await send(delivery('delivery-2', { secret: String(rotated.json['secret']) }))).status).toBe(202);
    });

    if (proof !== 'x-gitlab-token') {
      it('is refused with another body', async () => {
        const { body, headers } = delivery('delivery-1');
        await expectRefused(mira(), at.path, { body: body.replace('}', ' }'), headers });
      });
    }

    if (signsTime) {
      it('is refused when its time is more than five minutes away', async () => {
        for (const secondsAgo of [310, -310])
          await expectRefused(mira(), at.path, delivery('delivery-1', { secondsAgo }));
        expect((await send(delivery('delivery-1', { secondsAgo: 290 }))).status).toBe(202);
      });
    }

    if (unsignedId) {
      const { header, seenAgain } = unsignedId;
      it(`${seenAgain} when its proof is seen again under another id`, async () => {
        const { body, headers } = delivery('delivery-1');
        expect((await send({ body, headers })).status).toBe(202);
        const under = { body, headers: { ...headers, [header]: 'made up by a thief' } };
        if (seenAgain === 'is a replay') await expectRefused(mira(), at.path, under);
        else expect((await send(under)).status).toBe(202);
      });
    } else {
      it('has an id that its proof covers, so that one beside it changes nothing', async () => {
        const { body, headers } = delivery('delivery-1');
        const { json: first } = await send({ body, headers });
        const again = await send({ body, headers: { ...headers, 'idempotency-key': 'made up by a thief' } });
        expect(again).toMatchObject({ status: 200, json: { id: first['id'], duplicate: true } });
      });
    }
  });

  it('slack takes interactions and commands, which are forms without an id, once each', async () => {
    const { path, secret } = await mira().createEndpoint('slack');
    const form = 'application/x-www-form-urlencoded';
    const payload = encodeURIComponent(json({ type: 'block_actions', trigger_id: '1.2.3' }));
    for (const [body, type] of [
      [`payload=${payload}`, 'block_actions'],
      ['command=%2Fdeploy&text=all&trigger_id=1.2.4', '/deploy'],
    ] as const) {
      const headers = { ...signedAsSlack(body, secret), 'content-type': form };
      const first = await mira().send(path, body, headers);
      expect(first.status).toBe(202);
      const { json: event } = await mira().get(`/api/v1/events/${String(first.json['id'])}`);
      expect(event).toMatchObject({ event_type: type });
      expect(await mira().send(path, body, headers)).toMatchObject({ status: 200, json: { id: first.json['id'] } });
      await expectRefused(mira(), path, { body, headers: { ...headers, 'idempotency-key': 'made up by a thief' } });
    }
  });

  it('gitlab goes over from a secret token to a signing token', async () => {
    const { id, path, secret: token } = await mira().createEndpoint('gitlab');
    const signing = generateStandardSecret();
    const rotate = { secret: signing, grace_seconds: 0 };
    expect((await mira().post(`/api/v1/webhook-endpoints/${id}/rotate-secret`, rotate)).status).toBe(200);
    expect((await mira().send(path, '{}', signedAsGitlab('{}', signing))).status).toBe(202);
    await expectRefused(mira(), path, { body: '{}', headers: signedAsGitlab('{}', token) });
    await expectRefused(mira(), path, { body: '{}', headers: { 'x-gitlab-token': signing } });
  });

  it.each([
    ['stripe', 'sk_live_0123456789'],
    ['slack', 'xoxb-0123456789'],
    ['shopify', 'shpat_0123456789'],
    ['trello', 'ATTA0123456789'],
    ['gitlab', 'whsec_short'],
  ])('%s is told what its secret is, where another is given', async (service, secret) => {
    const { status, json: answer } = await mira().post('/api/v1/webhook-endpoints', { service, name: 'x', secret });
    expect([status, answer['errors']]).toEqual([400, [{ field: 'secret', message: expect.any(String) }]]);
  });
});
