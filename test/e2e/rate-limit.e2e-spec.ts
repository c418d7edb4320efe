import { type Answer, describeMira } from '../support/mira';
import { signedAsGithub, signedAsHub } from '../support/signed';

const LIMIT = 5;
const WINDOW_SECONDS = 3_600;

describeMira(
  'a rate limit of five an hour',
  (mira) => {
    function send(path: string, headers: Record<string, string>): Promise<Answer> {
      return mira().send(path, '{}', headers);
    }

    it('lets five through, tells what is left, and refuses the sixth with the time to wait', async () => {
      const { path, secret } = await mira().createEndpoint('github');
      const before = await mira().rows();
      for (let left = LIMIT - 1; left >= 0; left--) {
        const answer = await send(path, signedAsGithub(`{}`, secret, { delivery: 'the same' }));
        expect(answer.status).toBe(left === LIMIT - 1 ? 202 : 200);
        expect(answer.headers.get('ratelimit-policy')).toBe(`"default";q=${LIMIT};w=${WINDOW_SECONDS}`);
        expect(answer.headers.get('ratelimit')).toMatch(new RegExp(`^"default";r=${left};t=\\d+$`));
        expect(answer.headers.has('retry-after')).toBe(false);
      }
      const refused = await send(path, signedAsGithub('{}', secret));
      expect(refused).toMatchObject({
        status: 429,
        json: {
          type: 'urn:mira:problem:rate-limit-exceeded',
          error: 'Rate limit exceeded',
          retry_after: expect.any(Number),
        },
      });
      const wait = Number(refused.json['retry_after']);
      expect(wait).toBeGreaterThan(0);
      expect(wait).toBeLessThanOrEqual(WINDOW_SECONDS / LIMIT);
      expect(refused.headers.get('retry-after')).toBe(String(wait));
      expect(refused.headers.get('ratelimit-policy')).toBe(`"default";q=${LIMIT};w=${WINDOW_SECONDS}`);
      expect(refused.headers.get('ratelimit')).toMatch(/^"default";r=0;t=\d+$/);
      expect(refused.headers.get('content-type')).toBe('application/problem+json');
      expect((await mira().rows())['events']).toBe((before['events'] ?? 0) + 1);
    });

    it('lets exactly five of many through that come at once', async () => {
      const { path, secret } = await mira().createEndpoint('n8n');
      const answers = await Promise.all(Array.from({ length: 40 }, () => send(path, signedAsHub('{}', secret))));
      expect(answers.filter(({ status }) => status === 202)).toHaveLength(LIMIT);
      expect(answers.filter(({ status }) => status === 429)).toHaveLength(40 - LIMIT);
    });

    it('is counted for each endpoint and each key by itself', async () => {
      const { path, secret } = await mira().createEndpoint('n8n');
      for (let i = 0; i < LIMIT; i++) await send(path, signedAsHub('{}', secret));
      expect((await send(path, signedAsHub('{}', secret))).status).toBe(429);
      const other = await mira().createEndpoint('n8n');
      expect((await send(other.path, signedAsHub('{}', other.secret))).status).toBe(202);
      expect((await send('/webhook/n8n', { 'x-api-key': mira().apiKey })).status).toBe(202);
      const { apiKey } = await mira().addTenant();
      expect((await send('/webhook/n8n', { 'x-api-key': apiKey })).status).toBe(202);
    });

    it('is not used up by those who cannot prove themselves', async () => {
      const { path, secret } = await mira().createEndpoint('n8n');
      for (let i = 0; i < 2 * LIMIT; i++)
        expect((await send(path, signedAsHub('{}', 'another secret'))).status).toBe(403);
      expect((await send(path, signedAsHub('{}', secret))).status).toBe(202);
    });

    it('is known to the metrics, and is no failure', async () => {
      const { json } = await mira().get('/metrics', { apiKey: null });
      expect(json).toMatchObject({ failed_requests: 0, success_rate: 100, uptime_compliance: true });
      expect(Number(json['rate_limited_requests'])).toBeGreaterThan(30);
    });

    it('is still used up after a restart', async () => {
      const { path, secret } = await mira().createEndpoint('n8n');
      for (let i = 0; i < LIMIT; i++) await send(path, signedAsHub('{}', secret));
      await mira().restart();
      expect((await send(path, signedAsHub('{}', secret))).status).toBe(429);
    });
  },
  {
    MIRA_WEBHOOK_RATE_LIMIT_MAX_REQUESTS: String(LIMIT),
    MIRA_WEBHOOK_RATE_LIMIT_WINDOW_SECONDS: String(WINDOW_SECONDS),
  },
);

describeMira(
  'without a rate limit',
  (mira) => {
    it('all are let through, and nothing is said of one', async () => {
      const { path, secret } = await mira().createEndpoint('n8n');
      const answers = await Promise.all(
        Array.from({ length: 40 }, () => mira().send(path, '{}', signedAsHub('{}', secret))),
      );
      expect(answers.every(({ status, headers }) => status === 202 && !headers.has('ratelimit'))).toBe(true);
    });
  },
  { MIRA_WEBHOOK_RATE_LIMIT_ENABLED: 'false', MIRA_WEBHOOK_RATE_LIMIT_MAX_REQUESTS: '1' },
);

describeMira(
  'behind a proxy that is trusted, a rate limit',
  (mira) => {
    const secret = 'the secret';
    let n = 0;

    function sendAs(forwardedFor: string): Promise<Answer> {
      const body = `{"n":${n++}}`;
      const headers = { ...signedAsHub(body, secret), 'x-forwarded-for': forwardedFor };
      return mira().send('/webhook/n8n', body, headers);
    }

    it('is counted for each address that the proxy names', async () => {
      for (const client of ['203.0.113.1', '203.0.113.2']) {
        for (let i = 0; i < LIMIT; i++) expect((await sendAs(client)).status).toBe(202);
        expect((await sendAs(client)).status).toBe(429);
      }
    });

    it('is counted for the connection where the proxy names no address, whatever it says', async () => {
      const said = ['unknown', '203.0.113.9:80', 'x'.repeat(5_000), "'", '[::1]'];
      const answers = [];
      for (const forwardedFor of [...said, 'and once more']) answers.push((await sendAs(forwardedFor)).status);
      expect(answers).toEqual([202, 202, 202, 202, 202, 429]);
    });
  },
  {
    MIRA_WEBHOOK_TRUST_PROXY: '1',
    MIRA_WEBHOOK_SECRET_KEY: 'the secret',
    MIRA_WEBHOOK_RATE_LIMIT_MAX_REQUESTS: String(LIMIT),
    MIRA_WEBHOOK_RATE_LIMIT_WINDOW_SECONDS: String(WINDOW_SECONDS),
  },
);
