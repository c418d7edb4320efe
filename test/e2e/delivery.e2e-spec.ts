import { verifyStandard } from '@mira/signature';
import { randomUUID } from 'node:crypto';
import { aRouteTo, type Delivery, deliveryOf, ROUTED_PATH, statusesOf } from '../support/deliveries';
import { eventually } from '../support/eventually';
import { describeMira } from '../support/mira';
import { answering, Receiver, silence } from '../support/receiver';

describeMira(
  'a delivery',
  (mira) => {
    let receiver: Receiver;
    beforeAll(async () => {
      receiver = await Receiver.start();
    });
    afterAll(() => receiver.stop());
    beforeEach(() => receiver.willAnswer(answering(200)));

    it('carries the bytes, their type, and who they are from', async () => {
      const { integration, push, event } = await aRouteTo(mira(), receiver.url);
      const body = Buffer.from('\uFEFF{ "a":\r\n\t"ä\\u0000", "n": 1.0e2 }');
      const type = 'application/json; charset="utf-8"';
      const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
      const { json } = await push(body, { 'content-type': type, traceparent: `00-${trace}-00f067aa0ba902b7-01` });
      const delivery = await deliveryOf(mira(), json['id'], { status: 'accepted', attempt_count: 1 });
      expect(receiver.calls).toHaveLength(1);
      const { method, path, headers, body: arrived } = receiver.calls[0] ?? {};
      expect([method, path]).toEqual(['POST', ROUTED_PATH]);
      expect(arrived?.equals(body)).toBe(true);
      expect(headers).toMatchObject({
        'content-type': type,
        'content-length': String(body.length),
        'webhook-id': delivery.id,
        'x-mira-event-id': json['id'],
        'x-mira-delivery-id': delivery.id,
        'x-mira-attempt': '1',
        'x-mira-service': 'github',
        'x-mira-event-type': event,
        'x-mira-hops': '1',
        traceparent: expect.stringMatching(new RegExp(`^00-${trace}-(?!00f067aa0ba902b7)[0-9a-f]{16}-01$`)),
      });
      for (const name of ['x-hub-signature-256', 'x-api-key', 'cookie']) expect(headers).not.toHaveProperty(name);
      expect(headers?.['user-agent']).not.toMatch(/bot/i);
      const message = {
        id: delivery.id,
        timestamp: String(headers?.['webhook-timestamp']),
        signature: String(headers?.['webhook-signature']),
        body,
      };
      expect(verifyStandard(message, [integration.signing_secret], new Date())).toMatchObject({ kind: 'valid' });
      expect((await mira().get(`/api/v1/events/${String(json['id'])}`)).json).toMatchObject({ status: 'delivered' });
    });

    it('counts on where the event was delivered before', async () => {
      const { push } = await aRouteTo(mira(), receiver.url);
      const { json } = await push('{}', { 'x-mira-hops': '4' });
      await deliveryOf(mira(), json['id'], { status: 'accepted' });
      expect(receiver.calls[0]?.headers).toMatchObject({ 'x-mira-hops': '5' });
    });

    it('that leads back to Mira goes round five times, and is dead then', async () => {
      const integration = await mira().createIntegration(mira().url);
      const endpoint = await mira().createEndpoint('standard', { secret: integration.signing_secret });
      const webhook_path = `standard/${endpoint.id}`;
      await mira().createRoute('standard', { kind: 'n8n', integration_id: integration.id, webhook_path });
      const before = await mira().rows();
      const headers = { 'content-type': 'application/json', 'webhook-id': randomUUID() };
      expect((await mira().call('POST', '/webhook/standard', '{}', { headers })).status).toBe(202);
      await eventually(async () => {
        const { json } = await mira().get('/api/v1/deliveries?status=dead&limit=1');
        expect(json['data']).toEqual([
          expect.objectContaining({ attempt_count: 1, reason: expect.stringMatching(/508/) }),
        ]);
      }, 30_000);
      expect((await mira().rows())['events']).toBe((before['events'] ?? 0) + 6);
    });

    it('of an event without a trace begins one, and of one without a body has none', async () => {
      const { push } = await aRouteTo(mira(), receiver.url);
      const { json } = await push('a=1', { 'content-type': 'application/x-www-form-urlencoded' });
      await deliveryOf(mira(), json['id'], { status: 'accepted' });
      expect(receiver.calls[0]?.headers).toMatchObject({
        'content-type': 'application/x-www-form-urlencoded',
        traceparent: expect.stringMatching(/^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-0[01]$/),
      });
    });

    it('is tried again after a failure, with the same ids, another signature, and each attempt kept', async () => {
      receiver.willAnswer(answering(500, { 'x-why': 'tired' }, 'not now'), answering(200, {}, '{"fine":true}'));
      const { push } = await aRouteTo(mira(), receiver.url);
      const { json } = await push('{"n":1}');
      const delivery = await deliveryOf(mira(), json['id'], { status: 'accepted', attempt_count: 2 });
      expect(delivery.attempts).toMatchObject([
        {
          number: 1,
          outcome: 'retry',
          status_code: 500,
          reason: 'The receiver answered 500.',
          response_body: 'not now',
        },
        { number: 2, outcome: 'delivered', status_code: 200, response_body: '{"fine":true}' },
      ]);
      expect(delivery.attempts[0]?.response_headers).toMatchObject({ 'x-why': 'tired' });
      expect(delivery).toMatchObject({ next_attempt_at: null, completed_at: expect.stringMatching(/Z$/) });
      const [first, second] = receiver.calls;
      for (const name of ['webhook-id', 'x-mira-event-id', 'x-mira-delivery-id', 'content-type']) {
        expect(second?.headers[name]).toBe(first?.headers[name]);
      }
      expect([first, second].map((call) => call?.headers['x-mira-attempt'])).toEqual(['1', '2']);
      expect(second?.headers['traceparent']).not.toBe(first?.headers['traceparent']);
    });

    /** What becomes of a delivery to a target of its own that answers so. */
    async function becomes(answers: Parameters<Receiver['willAnswer']>, like: Partial<Delivery>): Promise<Delivery> {
      const target = await Receiver.start();
      try {
        target.willAnswer(...answers);
        const { push } = await aRouteTo(mira(), target.url);
        return await deliveryOf(mira(), (await push()).json['id'], like);
      } finally {
        await target.stop();
      }
    }

    it('answered with what speaks of the moment is tried beyond three times', async () => {
      const tries = async (status: number) => {
        const answers = [status, status, status, status, 204].map((each) => answering(each));
        expect(statusesOf(await becomes(answers, { status: 'accepted' }))).toEqual([
          status,
          status,
          status,
          status,
          204,
        ]);
      };
      await Promise.all([408, 409, 425, 429, 500, 502, 503, 504].map(tries));
    });

    it('answered with what speaks of the request is dead after three attempts', async () => {
      const tries = async (status: number) => {
        const delivery = await becomes([answering(status)], { status: 'dead' });
        expect(statusesOf(delivery)).toEqual([status, status, status]);
        expect(delivery).toMatchObject({
          reason: expect.stringContaining(`answered ${status}`),
          next_attempt_at: null,
        });
        expect(delivery.attempts.map(({ outcome }) => outcome)).toEqual(['retry', 'retry', 'dead']);
      };
      await Promise.all([400, 401, 403, 404, 405, 413, 422].map(tries));
    });

    it('answered 410 is dead at once', async () => {
      receiver.willAnswer(answering(410));
      const { push } = await aRouteTo(mira(), receiver.url);
      const { json } = await push();
      expect(statusesOf(await deliveryOf(mira(), json['id'], { status: 'dead' }))).toEqual([410]);
      expect((await mira().get(`/api/v1/events/${String(json['id'])}`)).json).toMatchObject({ status: 'dead' });
    });

    it('waits as long as Retry-After asks for', async () => {
      receiver.willAnswer(answering(503, { 'retry-after': '3' }), answering(200));
      const { push } = await aRouteTo(mira(), receiver.url);
      await deliveryOf(mira(), (await push()).json['id'], { status: 'accepted', attempt_count: 2 });
      const [first, second] = receiver.calls;
      const waited = (second?.at ?? 0) - (first?.at ?? 0);
      expect(waited).toBeGreaterThanOrEqual(2_990);
      expect(waited).toBeLessThan(8_000);
    });

    it('follows no redirect', async () => {
      const elsewhere = await Receiver.start();
      try {
        const tries = async (status: number) => {
          const redirect = answering(status, { location: `${elsewhere.url}/stolen` });
          const delivery = await becomes([redirect, answering(200)], { status: 'accepted' });
          expect(statusesOf(delivery)).toEqual([status, 200]);
          expect(delivery.attempts[0]?.reason).toContain('redirects are not followed');
        };
        await Promise.all([301, 302, 307, 308].map(tries));
        expect(elsewhere.calls).toEqual([]);
      } finally {
        await elsewhere.stop();
      }
    });

    it('keeps the first 4096 bytes of an answer, whatever they are', async () => {
      const endless = Buffer.concat([Buffer.from([0, 255, 10]), Buffer.alloc(1_000_000, 'x')]);
      receiver.willAnswer(answering(500, {}, endless), answering(200, {}, Buffer.from([0, 255])), answering(200));
      const { push } = await aRouteTo(mira(), receiver.url);
      const delivery = await deliveryOf(mira(), (await push()).json['id'], { status: 'accepted' });
      expect(delivery.attempts.map(({ response_body_bytes }) => response_body_bytes)).toEqual([4_096, 2]);
      expect(delivery.attempts[0]?.response_body).toMatch(/^\0\uFFFD\nx+$/);
    });

    it('to one that is not there is held, and made when it is there', async () => {
      const gone = await Receiver.start();
      const { push } = await aRouteTo(mira(), gone.url);
      await gone.stop();
      const { json } = await push();
      const delivery = await deliveryOf(mira(), json['id'], { status: 'held', held_for: 'unreachable' });
      expect(delivery).toMatchObject({ attempt_count: 1, held_attempts: 1, next_attempt_at: null, completed_at: null });
      expect(delivery.attempts).toMatchObject([{ outcome: 'held', status_code: null, response_body: null }]);
      expect(delivery.reason).toMatch(/refused/i);
      expect((await mira().get(`/api/v1/events/${String(json['id'])}`)).json).toMatchObject({ status: 'pending' });
    });

    it('that is dead is tried again by hand, and once it arrived never again', async () => {
      receiver.willAnswer(answering(410), answering(410), answering(200));
      const { push } = await aRouteTo(mira(), receiver.url);
      const { json } = await push();
      const { id } = await deliveryOf(mira(), json['id'], { status: 'dead', attempt_count: 1 });
      const retry = () => mira().post(`/api/v1/deliveries/${id}/retry`, undefined);
      expect(await retry()).toMatchObject({ status: 202, json: { id, status: 'queued', completed_at: null } });
      await deliveryOf(mira(), json['id'], { status: 'dead', attempt_count: 2 });
      expect((await retry()).status).toBe(202);
      await deliveryOf(mira(), json['id'], { status: 'accepted', attempt_count: 3 });
      expect(await retry()).toMatchObject({ status: 409, json: { type: 'urn:mira:problem:conflict' } });
      expect(receiver.calls).toHaveLength(3);
    });

    it('that waits for its next attempt is made at once by hand, and not a second time when that falls due', async () => {
      receiver.willAnswer(answering(503, { 'retry-after': '4' }), answering(200));
      const { push } = await aRouteTo(mira(), receiver.url);
      const { json } = await push();
      const { id } = await deliveryOf(mira(), json['id'], { status: 'queued', attempt_count: 1 });
      expect((await mira().post(`/api/v1/deliveries/${id}/retry`, undefined)).status).toBe(202);
      await deliveryOf(mira(), json['id'], { status: 'accepted', attempt_count: 2 }, 2_500);
      // Its own job falls due, finds nothing to do, and is gone.
      await eventually(async () => expect((await mira().rows())['jobs']).toBe(await jobsOfOthers()), 15_000);
      expect(receiver.calls).toHaveLength(2);
    });

    /** Of deliveries of other tests that are still on their way. */
    async function jobsOfOthers(): Promise<number> {
      return ((await mira().get('/api/v1/deliveries?status=queued&limit=200')).json['data'] as unknown[]).length;
    }

    it('whose route was deleted is dead, with the reason', async () => {
      receiver.willAnswer(answering(503, { 'retry-after': '60' }));
      const { push, route } = await aRouteTo(mira(), receiver.url);
      const { json } = await push();
      const { id } = await deliveryOf(mira(), json['id'], { status: 'queued', attempt_count: 1 });
      expect((await mira().call('DELETE', `/api/v1/routes/${route.id}`)).status).toBe(204);
      expect((await mira().post(`/api/v1/deliveries/${id}/retry`, undefined)).status).toBe(202);
      await deliveryOf(mira(), json['id'], { status: 'dead', attempt_count: 2, reason: 'The route was deleted.' });
      expect(receiver.calls).toHaveLength(1);
    });

    it('is made for each route that matches, and for none that does not', async () => {
      const { push, event, integration } = await aRouteTo(mira(), receiver.url);
      const target = { kind: 'n8n', integration_id: integration.id, webhook_path: 'second' };
      await mira().createRoute('github', target, { event_types: ['other', event] });
      await mira().createRoute(
        'github',
        { ...target, webhook_path: 'disabled' },
        { event_types: [event], enabled: false },
      );
      await mira().createRoute('github', { ...target, webhook_path: 'another' }, { event_types: [`${event}x`] });
      await mira().createRoute('n8n', { ...target, webhook_path: 'another-service' });
      const { json } = await push();
      await eventually(async () => {
        const { json: stored } = await mira().get(`/api/v1/events/${String(json['id'])}`);
        expect(stored).toMatchObject({ status: 'delivered', deliveries: [{}, {}] });
      });
      expect(receiver.calls.map(({ path }) => path).toSorted()).toEqual([ROUTED_PATH, '/webhook/second']);
    });

    it('is not made again for an event that comes again', async () => {
      const { push } = await aRouteTo(mira(), receiver.url);
      const headers = { 'x-github-delivery': randomUUID() };
      const answers = await Promise.all(Array.from({ length: 10 }, () => push('{}', headers)));
      expect(answers.filter(({ status }) => status === 202)).toHaveLength(1);
      await deliveryOf(mira(), answers[0]?.json['id'], { status: 'accepted' });
      expect(receiver.calls).toHaveLength(1);
    });
  },
  {
    MIRA_DELIVERY_RETRY_SCHEDULE_SECONDS: ['0', ...Array.from({ length: 99 }, () => '0.1')].join(','),
    MIRA_DELIVERY_RETRY_JITTER: '0',
    MIRA_DELIVERY_PROBE_FIRST_SECONDS: '0.1',
    MIRA_DELIVERY_PROBE_MAX_SECONDS: '0.5',
  },
);

describeMira(
  'a delivery that nobody answers',
  (mira) => {
    it('is cut off at its timeout, and dead when no attempt is left', async () => {
      const receiver = await Receiver.start();
      try {
        receiver.willAnswer(silence);
        const { push } = await aRouteTo(mira(), receiver.url);
        const delivery = await deliveryOf(mira(), (await push()).json['id'], { status: 'dead' });
        expect(delivery).toMatchObject({
          attempt_count: 2,
          // What it took to find the workflow comes off the time.
          reason: expect.stringMatching(
            /^No attempt is left\. The last one: There was no answer within (300|29\d) ms\.$/,
          ),
          next_attempt_at: null,
        });
        for (const { status_code, duration_ms } of delivery.attempts) {
          expect(status_code).toBeNull();
          expect(duration_ms).toBeGreaterThanOrEqual(290);
        }
      } finally {
        await receiver.stop();
      }
    });

    it('in the middle of an answer is cut off too', async () => {
      const receiver = await Receiver.start();
      try {
        receiver.willAnswer((response) => void response.writeHead(200, { 'content-length': '10' }).write('half'));
        const { push } = await aRouteTo(mira(), receiver.url);
        const delivery = await deliveryOf(mira(), (await push()).json['id'], { status: 'dead', attempt_count: 2 });
        expect(delivery.reason).toMatch(/The answer did not end within (300|29\d) ms\./);
      } finally {
        await receiver.stop();
      }
    });
  },
  { MIRA_DELIVERY_TIMEOUT_MS: '300', MIRA_DELIVERY_RETRY_SCHEDULE_SECONDS: '0,0.05', MIRA_DELIVERY_RETRY_JITTER: '0' },
);

describeMira(
  'where no private network is open, a delivery',
  (mira) => {
    let receiver: Receiver;
    beforeAll(async () => {
      receiver = await Receiver.start();
    });
    afterAll(() => receiver.stop());

    it.each([
      '127.0.0.1',
      '[::1]',
      '[::ffff:127.0.0.1]',
      '2130706433',
      '0x7f.1',
      '169.254.169.254',
      '10.0.0.1',
      '0.0.0.0',
    ])('cannot be meant for %s', async (host) => {
      const config = { base_url: `http://${host}:5678` };
      const answer = await mira().post('/api/v1/integrations', { kind: 'n8n', name: 'inside', config });
      expect(answer).toMatchObject({ status: 400, json: { errors: [{ field: 'config.base_url' }] } });
    });

    it('to a name that leads there is refused when it connects, and dead after three attempts', async () => {
      const { push } = await aRouteTo(mira(), receiver.url.replace('127.0.0.1', 'localhost'));
      const delivery = await deliveryOf(mira(), (await push()).json['id'], { status: 'dead', attempt_count: 3 });
      expect(delivery.reason).toMatch(/loopback/);
      expect(statusesOf(delivery)).toEqual([null, null, null]);
      expect(receiver.calls).toEqual([]);
    });
  },
  {
    MIRA_OUTBOUND_ALLOW: 'none',
    MIRA_DELIVERY_RETRY_SCHEDULE_SECONDS: '0,0.05,0.05,0.05,0.05',
    MIRA_DELIVERY_RETRY_JITTER: '0',
  },
);
