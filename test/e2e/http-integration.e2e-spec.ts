import { randomUUID } from 'node:crypto';
import type { Answer, TestMira } from '../support/mira';
import { describeMira } from '../support/mira';
import { deliveryOf, statusesOf } from '../support/deliveries';
import { answering, type ReceivedCall, Receiver } from '../support/receiver';
import { signedAsGithub } from '../support/signed';
import { Webhook } from 'standardwebhooks';

const TOKEN = 'a-token-that-only-the-receiver-knows';
const RETRIES = {
  MIRA_DELIVERY_RETRY_SCHEDULE_SECONDS: '0,0.05,0.05,0.05,0.05',
  MIRA_DELIVERY_RETRY_JITTER: '0',
};

interface Made {
  readonly id: string;
  readonly signing_secret: string;
}

async function connect(mira: TestMira, url: string, headers?: Record<string, string>): Promise<Made> {
  const config = { url, ...(headers ? { headers } : {}) };
  const { status, json } = await mira.post('/api/v1/integrations', { kind: 'http', name: 'A receiver', config });
  expect(status).toBe(201);
  return json as unknown as Made;
}

/** Events of a type of their own that go to a receiver. */
async function aRouteTo(mira: TestMira, integrationId: string): Promise<(body?: string) => Promise<Answer>> {
  const { path, secret } = await mira.createEndpoint('github');
  const event = `push-${randomUUID()}`;
  await mira.createRoute('github', { kind: 'http', integration_id: integrationId }, { event_types: [event] });
  return (body = '{}') => mira.send(path, body, signedAsGithub(body, secret, { event }));
}

/** As the receivers of others do it. Throws where the signature is not right. */
function verified({ body, headers }: ReceivedCall, secret: string): unknown {
  return new Webhook(secret).verify(body.toString(), headers as Record<string, string>);
}

function only(receiver: Receiver): ReceivedCall {
  const [call, ...others] = receiver.calls;
  expect(others).toEqual([]);
  if (!call) throw new Error('nothing was received');
  return call;
}

describeMira(
  'an http integration',
  (mira) => {
    let receiver: Receiver;
    beforeAll(async () => {
      receiver = await Receiver.start();
    });
    afterAll(() => receiver.stop());
    beforeEach(() => receiver.willAnswer(answering(204)));

    it('gets the bytes of the event, signed so that the library of Standard Webhooks takes them', async () => {
      const { id, signing_secret } = await connect(mira(), `${receiver.url}/hooks/1?from=mira`, { 'X-Token': TOKEN });
      const push = await aRouteTo(mira(), id);
      const body = '{ "n":\t1.0e2, "ä": "ü" }';
      const { json } = await push(body);
      const delivery = await deliveryOf(mira(), json['id'], { status: 'delivered', attempt_count: 1 });
      const call = only(receiver);
      expect([call.method, call.path]).toEqual(['POST', '/hooks/1?from=mira']);
      expect(call.body.toString()).toBe(body);
      expect(verified(call, signing_secret)).toEqual(JSON.parse(body));
      expect(() => verified({ ...call, body: Buffer.from(`${body} `) }, signing_secret)).toThrow('signature');
      expect(call.headers).toMatchObject({
        'content-type': 'application/json',
        'x-token': TOKEN,
        'webhook-id': delivery.id,
        'x-mira-event-id': json['id'],
        'x-mira-delivery-id': delivery.id,
        'x-mira-attempt': '1',
        'x-mira-service': 'github',
        'x-mira-hops': '1',
      });
    });

    it('is tried again after a 500, under the same id', async () => {
      receiver.willAnswer(answering(500), answering(200));
      const { id, signing_secret } = await connect(mira(), receiver.url);
      const { json } = await (await aRouteTo(mira(), id))();
      const delivery = await deliveryOf(mira(), json['id'], { status: 'delivered', attempt_count: 2 });
      expect(statusesOf(delivery)).toEqual([500, 200]);
      expect(receiver.calls.map(({ headers }) => headers['webhook-id'])).toEqual([delivery.id, delivery.id]);
      for (const call of receiver.calls) verified(call, signing_secret);
    });

    it('is waited for as long as it asks', async () => {
      receiver.willAnswer(answering(503, { 'retry-after': '3600' }));
      const { id } = await connect(mira(), receiver.url);
      const { json } = await (await aRouteTo(mira(), id))();
      const delivery = await deliveryOf(mira(), json['id'], { status: 'queued', attempt_count: 1 });
      const [first] = delivery.attempts;
      const waits = Date.parse(delivery.next_attempt_at ?? '') - Date.parse(first?.started_at ?? '');
      expect(waits).toBeGreaterThanOrEqual(3_600_000);
    });

    it('that answers 410 gets the event no more', async () => {
      receiver.willAnswer(answering(410));
      const { id } = await connect(mira(), receiver.url);
      const { json } = await (await aRouteTo(mira(), id))();
      const delivery = await deliveryOf(mira(), json['id'], { status: 'dead', attempt_count: 1 });
      expect(delivery.reason).toMatch(/410/);
    });

    it('finds the signatures of both secrets while one is rotated, and of the new one alone after that', async () => {
      const { id, signing_secret: old } = await connect(mira(), receiver.url);
      const push = await aRouteTo(mira(), id);
      const rotate = `/api/v1/integrations/${id}/rotate-signing-secret`;
      // Without a body the grace is a day.
      const rotated = await mira().call('POST', rotate);
      expect(rotated.status).toBe(200);
      const fresh = String(rotated.json['signing_secret']);
      const until = Date.parse(String(rotated.json['previous_signing_secret_expires_at']));
      expect(Math.round((until - Date.now()) / 3_600_000)).toBe(24);
      await deliveryOf(mira(), (await push()).json['id'], { status: 'delivered' });
      const both = only(receiver);
      verified(both, fresh);
      verified(both, old);

      receiver.willAnswer(answering(204));
      const last = String((await mira().post(rotate, { grace_seconds: 0 })).json['signing_secret']);
      await deliveryOf(mira(), (await push('{"n":2}')).json['id'], { status: 'delivered' });
      const one = only(receiver);
      verified(one, last);
      for (const gone of [old, fresh]) expect(() => verified(one, gone)).toThrow('signature');
      expect((await mira().post(rotate, { grace_seconds: 604_801 })).json['errors']).toMatchObject([
        { field: 'grace_seconds' },
      ]);
    });

    it('is tested with a signed event, whose answer is reported', async () => {
      receiver.willAnswer(answering(202, {}, 'thanks'));
      const { id, signing_secret } = await connect(mira(), receiver.url, { 'x-token': TOKEN });
      const test = () => mira().call('POST', `/api/v1/integrations/${id}/test`);
      const { status, json } = await test();
      const call = only(receiver);
      expect([status, json]).toEqual([
        200,
        {
          ok: true,
          detail: expect.stringMatching(/answered 202/),
          webhook_id: call.headers['webhook-id'],
          status_code: 202,
          duration_ms: expect.any(Number),
          response_body: 'thanks',
        },
      ]);
      expect(verified(call, signing_secret)).toEqual({
        type: 'webhook.test',
        data: { integration_id: id },
        occurred_at: expect.stringMatching(/Z$/),
      });
      expect(call.headers).toMatchObject({ 'x-token': TOKEN, 'x-mira-event-type': 'webhook.test' });

      receiver.willAnswer(answering(401));
      expect((await test()).json).toMatchObject({
        ok: false,
        status_code: 401,
        detail: expect.stringMatching(/secret/),
      });
      await mira().call(
        'PATCH',
        `/api/v1/integrations/${id}`,
        '{"config":{"url":"http://127.0.0.1:1","headers":null}}',
        {
          headers: { 'content-type': 'application/json' },
        },
      );
      expect((await test()).json).toMatchObject({ ok: false, status_code: null, response_body: null });
    });

    it('tells the values of its headers to nobody but the receiver, even if that one repeats them', async () => {
      receiver.willAnswer((response, { headers }) =>
        response.writeHead(200, { 'x-echo': String(headers['x-token']) }).end(JSON.stringify(headers)),
      );
      const headers = { 'X-Token': TOKEN, Authorization: `Bearer ${TOKEN}-too` };
      const made = await connect(mira(), receiver.url, headers);
      const { id } = made;
      const { json } = await (await aRouteTo(mira(), id))();
      const delivery = await deliveryOf(mira(), json['id'], { status: 'delivered' });
      expect(only(receiver).headers).toMatchObject({ 'x-token': TOKEN, authorization: `Bearer ${TOKEN}-too` });
      expect(delivery.attempts[0]?.response_body).toMatch(/"x-token":"\[hidden\]"/);
      const told = [
        made,
        delivery,
        (await mira().get(`/api/v1/integrations/${id}`)).json,
        (await mira().get('/api/v1/integrations')).json,
        (await mira().call('POST', `/api/v1/integrations/${id}/test`)).json,
        await mira().sql('SELECT content::text, personal::text FROM audit_logs'),
        await mira().sql('SELECT i::text FROM integrations i'),
        await mira().sql('SELECT a::text, convert_from(response_body, $1) AS body FROM delivery_attempts a', ['utf8']),
      ];
      for (const one of told) expect(JSON.stringify(one)).not.toContain(TOKEN);
      expect(told[2]).toMatchObject({
        config: { url: `${receiver.url}/`, header_names: ['authorization', 'x-token'] },
      });
    });

    it('keeps no part of them where an answer is cut, and no session that the receiver gives', async () => {
      const start = 'x'.repeat(4_090);
      receiver.willAnswer((response, { headers }) =>
        response
          .writeHead(200, { 'set-cookie': 'session=abc', 'www-authenticate': 'Basic', 'x-kept': 'yes' })
          .end(`${start}${String(headers['x-token'])} and more`),
      );
      const { id } = await connect(mira(), receiver.url, { 'X-Token': TOKEN });
      const { json } = await (await aRouteTo(mira(), id))();
      const delivery = await deliveryOf(mira(), json['id'], { status: 'delivered' });
      const [attempt] = delivery.attempts;
      expect(attempt?.response_body).toBe(`${start}[hidde`);
      expect(attempt?.response_headers).toMatchObject({ 'x-kept': 'yes' });
      expect(Object.keys(attempt?.response_headers ?? {})).not.toEqual(
        expect.arrayContaining([expect.stringMatching(/cookie|authenticate/)]),
      );
    });

    it('is no workflow, neither for the quota nor for a route', async () => {
      const { id } = await connect(mira(), receiver.url);
      const { json } = await (await aRouteTo(mira(), id))();
      await deliveryOf(mira(), json['id'], { status: 'delivered' });
      expect(await mira().sql(`SELECT * FROM usage_counters WHERE metric = 'workflows_executed'`)).toEqual([]);
      const target = { kind: 'n8n', integration_id: id, webhook_path: 'x' };
      const refused = await mira().post('/api/v1/routes', { name: 'r', service: 'github', target });
      expect(refused).toMatchObject({ status: 400, json: { errors: [{ field: 'target.integration_id' }] } });
    });
  },
  RETRIES,
);

describeMira(
  'an http integration inside of the network',
  (mira) => {
    it.each(['127.0.0.1', '[::1]', '2130706433', '169.254.169.254', '10.0.0.1'])('cannot be at %s', async (host) => {
      const config = { url: `http://${host}/hook` };
      const answer = await mira().post('/api/v1/integrations', { kind: 'http', name: 'inside', config });
      expect(answer).toMatchObject({ status: 400, json: { errors: [{ field: 'config.url' }] } });
    });

    it('is not reached by a name either, neither by a delivery nor by a test', async () => {
      const receiver = await Receiver.start();
      try {
        const { id } = await connect(mira(), receiver.url.replace('127.0.0.1', 'localhost'));
        const tested = await mira().call('POST', `/api/v1/integrations/${id}/test`);
        expect(tested.json).toMatchObject({ ok: false, status_code: null, detail: expect.stringMatching(/loopback/) });
        const { json } = await (await aRouteTo(mira(), id))();
        const delivery = await deliveryOf(mira(), json['id'], { status: 'dead', attempt_count: 3 });
        expect(delivery.reason).toMatch(/loopback/);
        expect(receiver.calls).toEqual([]);
      } finally {
        await receiver.stop();
      }
    });
  },
  { MIRA_OUTBOUND_ALLOW: 'none', ...RETRIES },
);
