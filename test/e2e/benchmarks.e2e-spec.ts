import { describeMira } from '../support/mira';

const NAME = 'before-the-change';
const COLLECTION = '/api/v1/benchmarks';

describeMira(
  'benchmarks and service levels',
  (mira) => {
    const receive = () => mira().post('/webhook/generic', { type: 'a', n: Math.random() });

    it('tell what was timed, stage by stage, in seconds', async () => {
      const answers = await Promise.all(Array.from({ length: 12 }, receive));
      expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 202));
      const { status, json } = await mira().get(COLLECTION);
      const data = json['data'] as { name: string; count: number; errors: number; mean: number; max: number }[];
      expect(status).toBe(200);
      const stages = ['webhook_processing', 'webhook_verify', 'webhook_limit', 'webhook_commit_wait'];
      for (const name of stages) {
        expect(data.find((one) => one.name === name)).toMatchObject({ count: 12, errors: 0 });
      }
      for (const name of ['webhook_commit', 'database_transaction', 'permission_check']) {
        expect(data.find((one) => one.name === name)?.count).toBeGreaterThan(0);
      }
      expect(data.every(({ mean, max }) => mean >= 0 && mean <= max && max < 60)).toBe(true);
      expect((await mira().get(`${COLLECTION}/webhook_processing`)).json).toMatchObject({ count: 12 });
      const unknown = await mira().get(`${COLLECTION}/nothing`);
      expect([unknown.status, unknown.json['detail']]).toEqual([404, expect.stringContaining('webhook_processing')]);
    });

    it('count apart who was refused', async () => {
      const answer = await mira().send('/webhook/generic', '{}', { 'x-api-key': 'mira_nobodys' });
      expect(answer.status).toBe(401);
      const { json } = await mira().get(`${COLLECTION}/webhook_verify`);
      expect(json['errors']).toBe(1);
    });

    it('are in the figures for Prometheus, and errors too', async () => {
      const { body } = await mira().get('/metrics/prometheus');
      const text = body.toString();
      expect(text).toMatch(/^mira_benchmark_duration_seconds_bucket\{le="0.15",benchmark="webhook_processing"\} \d+$/m);
      expect(text).toMatch(/^mira_benchmark_errors_total\{benchmark="webhook_verify"\} 1$/m);
    });

    it('can be kept under a name, and compared with now', async () => {
      const kept = await mira().post(`${COLLECTION}/baselines`, { name: NAME });
      expect([kept.status, kept.json['name']]).toEqual([201, NAME]);
      const again = await mira().post(`${COLLECTION}/baselines`, { name: NAME });
      expect([again.status, again.json['detail']]).toEqual([409, expect.stringContaining('of that name')]);
      const wrong = await mira().post(`${COLLECTION}/baselines`, { name: 'With Blanks' });
      expect(wrong.status).toBe(400);
      const { status, json } = await mira().get(`${COLLECTION}/compare?baseline=${NAME}`);
      expect(status).toBe(200);
      expect(json['baseline']).toMatchObject({ name: NAME, benchmarks: expect.arrayContaining(['webhook_verify']) });
      const data = json['data'] as { name: string; verdict: string; mean: object }[];
      const processing = data.find(({ name }) => name === 'webhook_processing');
      expect(processing).toMatchObject({
        mean: { before: expect.any(Number), after: expect.any(Number), faster: false },
        p_value: expect.any(Number),
        verdict: expect.stringMatching(/unchanged|inconclusive/),
        reason: expect.any(String),
      });
      expect((await mira().get(`${COLLECTION}/compare?baseline=nobodys`)).status).toBe(404);
      expect((await mira().get(`${COLLECTION}/compare`)).status).toBe(400);
      expect((await mira().call('DELETE', `${COLLECTION}/baselines/%00`)).status).toBe(400);
      const { apiKey } = await mira().addTenant('admin', 'enterprise');
      expect((await mira().get(`${COLLECTION}/baselines`, { apiKey })).json['data']).toEqual([]);
      expect((await mira().get(`${COLLECTION}/compare?baseline=${NAME}`, { apiKey })).status).toBe(404);
      expect((await mira().call('DELETE', `${COLLECTION}/baselines/${NAME}`)).status).toBe(204);
      const many = await Promise.all(
        Array.from({ length: 52 }, (_, n) => mira().post(`${COLLECTION}/baselines`, { name: `n${n}` })),
      );
      expect(many.filter((one) => one.status === 201)).toHaveLength(50);
      expect(many.find((one) => one.status === 409)?.json['detail']).toContain('There are 50 baselines');
      expect((await mira().call('DELETE', `${COLLECTION}/baselines/${NAME}`)).status).toBe(404);
    });

    it('are told to senders where that is configured', async () => {
      const { headers } = await receive();
      expect(headers.get('server-timing')).toMatch(
        /^verify;dur=[\d.]+, limit;dur=[\d.]+, store;dur=[\d.]+, total;dur=[\d.]+$/,
      );
      const { headers: ofApi } = await mira().get(COLLECTION);
      expect(ofApi.get('server-timing')).toMatch(/^total;dur=[\d.]+$/);
    });

    it('come to a page of service levels, for plans that have it', async () => {
      await mira().sql(`UPDATE service_minutes SET minute = minute - interval '2 minutes'`);
      await mira().restart();
      await mira().sql(`UPDATE service_minutes SET minute = minute - interval '1 minute'`);
      const { status, json } = await mira().get('/api/v1/sla?window=1h');
      expect(status).toBe(200);
      expect(json).toMatchObject({
        window: '1h',
        success_rate: { failed: 0, kept: true, promised_pct: 99.9 },
        error_budget: { failures: 0, left_pct: 100 },
      });
      expect((json['success_rate'] as { successful: number }).successful).toBeGreaterThanOrEqual(13);
      expect((await mira().get('/api/v1/sla?window=2h')).status).toBe(400);
      const { apiKey } = await mira().addTenant('admin', 'professional');
      const refused = await mira().get('/api/v1/sla', { apiKey });
      expect([refused.status, refused.json['needed_tier']]).toEqual([403, 'enterprise']);
    });
  },
  { MIRA_METRICS_SERVER_TIMING: 'true' },
);
