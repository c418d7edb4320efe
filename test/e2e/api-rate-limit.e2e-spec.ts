import { describeMira } from '../support/mira';
import { aPerson } from '../support/people';

const LIMIT = 5;
const ANONYMOUS = 3;
const EVENTS = '/api/v1/events';

describeMira(
  'the limit of management requests',
  (mira) => {
    it('lets so many through for each key, tells what is left, and refuses the next with the time to wait', async () => {
      const { apiKey } = await aPerson(mira(), 'viewer');
      for (let left = LIMIT - 1; left >= 0; left--) {
        const { status, headers } = await mira().get(EVENTS, { apiKey });
        expect(status).toBe(200);
        expect(headers.get('ratelimit-policy')).toBe(`"api";q=${LIMIT};w=3600`);
        expect(headers.get('ratelimit')).toMatch(new RegExp(`^"api";r=${left};t=\\d+$`));
      }
      const refused = await mira().get(EVENTS, { apiKey });
      expect(refused).toMatchObject({ status: 429, json: { type: 'urn:mira:problem:rate-limit-exceeded' } });
      expect(refused.headers.get('retry-after')).toBe(String(refused.json['retry_after']));
      expect((await mira().get(EVENTS, { apiKey: (await aPerson(mira(), 'viewer')).apiKey })).status).toBe(200);
    });

    it('refuses an address that sends no good credential again and again, and nobody else behind it', async () => {
      const statuses: number[] = [];
      for (let i = 0; i <= ANONYMOUS; i++) statuses.push((await mira().get(EVENTS, { apiKey: 'nonsense' })).status);
      expect(statuses).toEqual([...Array<number>(ANONYMOUS).fill(401), 429]);
      expect((await mira().get(EVENTS, { apiKey: null })).status).toBe(429);
      const login = { username: 'a', password: 'b' };
      expect((await mira().post('/api/v1/auth/login', login, { apiKey: null })).status).toBe(429);
      expect((await mira().get(EVENTS, { apiKey: (await aPerson(mira(), 'viewer')).apiKey })).status).toBe(200);
    });

    it('is not got around by how the address is spelled', async () => {
      const { apiKey } = await aPerson(mira(), 'viewer');
      for (let i = 0; i < LIMIT; i++) expect((await mira().get('/API/v1/events', { apiKey })).status).toBe(200);
      for (const path of ['/API/v1/events', '/Api/V1/Events', EVENTS, `${EVENTS}/`]) {
        expect([path, (await mira().get(path, { apiKey })).status]).toEqual([path, 429]);
      }
    });

    it('is none for webhooks, probes and metrics', async () => {
      const { apiKey } = await aPerson(mira(), 'user');
      for (let i = 0; i <= LIMIT; i++) {
        expect((await mira().send('/webhook/generic', '{}', { 'x-api-key': apiKey })).status).toBe(202);
        expect((await mira().get('/health/live', { apiKey: null })).status).toBe(200);
        expect((await mira().get('/metrics', { apiKey: null })).status).toBe(200);
      }
    });
  },
  {
    MIRA_API_RATE_LIMIT_ENABLED: 'true',
    MIRA_API_RATE_LIMIT_MAX_REQUESTS: String(LIMIT),
    MIRA_API_RATE_LIMIT_MAX_ANONYMOUS_REQUESTS: String(ANONYMOUS),
    MIRA_API_RATE_LIMIT_WINDOW_SECONDS: '3600',
  },
);
