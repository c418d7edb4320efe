import { verifyStandard } from '@mira/signature';
import { randomUUID } from 'node:crypto';
import { aWebhookNode, FakeN8n, type FakeNode, type FakeWorkflow } from '../support/fake-n8n';
import { deliveriesOf } from '../support/deliveries';
import { eventually } from '../support/eventually';
import { type Answer, describeMira } from '../support/mira';
import { request } from '../support/people';

describeMira('an n8n that is connected', (mira) => {
  let n8n: FakeN8n;
  beforeEach(async () => {
    n8n = await FakeN8n.start();
  });
  afterEach(() => n8n.stop());

  async function connected(apiKey: string | null = n8n.apiKey): Promise<{ id: string; secret: string; path: string }> {
    const body = { kind: 'n8n', name: 'n8n', config: { base_url: n8n.url, api_key: apiKey } };
    const { json } = await mira().post('/api/v1/integrations', body);
    const id = String(json['id']);
    return { id, secret: String(json['signing_secret']), path: `/api/v1/integrations/${id}` };
  }

  function aWorkflow(parameters: Record<string, unknown> = {}, more: Partial<FakeWorkflow> = {}): FakeWorkflow {
    return n8n.addWorkflow({ nodes: [aWebhookNode({ path: randomUUID(), ...parameters })], ...more });
  }

  const checksOf = ({ json }: Answer) =>
    Object.fromEntries(
      (json['checks'] as { name: string; status: string }[]).map(({ name, status }) => [name, status]),
    );

  describe('is tested', () => {
    it('as soon as it is connected, and shows its secret once', async () => {
      const config = { base_url: n8n.url, api_key: n8n.apiKey };
      const answer = await mira().post('/api/v1/integrations/connect', { kind: 'n8n', name: 'first', config });
      expect(answer).toMatchObject({
        status: 201,
        json: { name: 'first', signing_secret: expect.stringMatching(/^whsec_/), test: { ok: true, version: '2.8.4' } },
      });
      const { json } = await mira().get(`/api/v1/integrations/${String(answer.json['id'])}`);
      expect(json).not.toHaveProperty('signing_secret');
    });

    it('and all is well', async () => {
      const { path } = await connected();
      const answer = await mira().post(`${path}/test`, {});
      expect(answer).toMatchObject({ status: 200, json: { ok: true, version: '2.8.4', time_skew_ms: 0 } });
      const ok = { reachable: 'ok', ready: 'ok', version: 'ok', api_key: 'ok', scopes: 'ok', clock: 'ok' };
      expect(checksOf(answer)).toEqual(ok);
      expect(answer.json['scopes']).toHaveLength(5);
      expect(n8n.executions).toEqual([]);
    });

    it('while it is stopped', async () => {
      const { path } = await connected();
      await n8n.stop();
      const answer = await mira().post(`${path}/test`, {});
      expect(answer.json).toMatchObject({ ok: false, version: null, time_skew_ms: null });
      expect(checksOf(answer)).toMatchObject({ reachable: 'failed', ready: 'failed', api_key: 'unknown' });
    });

    it('while it migrates its database', async () => {
      const { path } = await connected();
      n8n.mode = 'migrating';
      expect(checksOf(await mira().post(`${path}/test`, {}))).toMatchObject({ reachable: 'ok', ready: 'failed' });
    });

    it.each([
      ['no key', null, 'failed', 'unknown'],
      ['a wrong key', 'nobody', 'failed', 'unknown'],
    ])('with %s', async (_case, key, apiKey, scopes) => {
      const { path } = await connected(key);
      const answer = await mira().post(`${path}/test`, {});
      expect(checksOf(answer)).toMatchObject({ reachable: 'ok', ready: 'ok', api_key: apiKey, scopes });
      expect(answer.json).toMatchObject({ ok: false, scopes: [] });
    });

    it('with a key that lacks scopes, which are named', async () => {
      const { path } = await connected();
      n8n.scopes = new Set(['workflow:list', 'workflow:read', 'execution:read']);
      const answer = await mira().post(`${path}/test`, {});
      expect(checksOf(answer)).toMatchObject({ api_key: 'ok', scopes: 'failed' });
      expect(answer.json['scopes']).toEqual(['workflow:list', 'workflow:read', 'execution:read']);
      expect(answer.body.toString()).toMatch(/lacks execution:list .* execution:retry/);
    });

    it('where its clock is wrong', async () => {
      const { path } = await connected();
      n8n.clockAheadMs = -600_000;
      const answer = await mira().post(`${path}/test`, {});
      expect(checksOf(answer)).toMatchObject({ reachable: 'ok', clock: 'failed' });
      expect(Number(answer.json['time_skew_ms']) / 10_000).toBeCloseTo(-60, 0);
    });
  });

  describe('shows its workflows', () => {
    it('with which can be started, and why others cannot', async () => {
      const { path } = await connected();
      const node = (name: string): FakeNode => ({ name, type: 'n8n-nodes-base.manualTrigger', parameters: {} });
      aWorkflow({ path: 'good' }, { id: 'good' });
      aWorkflow({ path: 'off' }, { id: 'off', active: false });
      aWorkflow({ path: 'get', httpMethod: 'GET' }, { id: 'get' });
      aWorkflow({ path: 'auth', authentication: 'headerAuth' }, { id: 'auth' });
      n8n.addWorkflow({ id: 'manual', nodes: [node('Manual')] });
      const { json } = await mira().get(`${path}/workflows`);
      const data = json['data'] as { id: string }[];
      expect(Object.fromEntries(data.map(({ id, ...more }) => [id, more]))).toMatchObject({
        good: { active: true, triggerable: true, webhook_path: 'good', reason: null },
        off: { active: false, triggerable: false, webhook_path: null, reason: expect.stringMatching(/not active/) },
        get: { triggerable: false, reason: expect.stringMatching(/takes GET .* set it to POST/) },
        auth: { triggerable: false, reason: expect.stringMatching(/headerAuth.* Set its Authentication to None/) },
        manual: { triggerable: false, reason: expect.stringMatching(/no Webhook node/) },
      });
    });

    it('in pages of its own', async () => {
      const { path } = await connected();
      for (let count = 0; count < 3; count++) aWorkflow();
      const first = await mira().get(`${path}/workflows?limit=2`);
      expect(first.json['data']).toHaveLength(2);
      const second = await mira().get(`${path}/workflows?limit=2&cursor=${String(first.json['next_cursor'])}`);
      expect(second.json).toMatchObject({ data: [expect.anything()], next_cursor: null });
      const wrong = await mira().get(`${path}/workflows?cursor=nonsense`);
      expect(wrong).toMatchObject({ status: 400, json: { errors: [{ field: 'cursor' }] } });
    });

    it('in smaller pages where they are large', async () => {
      const { path } = await connected();
      const pinned = { settings: { pinned: 'x'.repeat(700_000) } };
      const ids = Array.from({ length: 8 }, () => aWorkflow({}, pinned).id);
      const first = await mira().get(`${path}/workflows`);
      const data = first.json['data'] as { id: string }[];
      expect(data.map(({ id }) => id)).toEqual(ids.toReversed().slice(0, data.length));
      expect(data.length).toBeGreaterThan(0);
      expect(first.json['next_cursor']).toEqual(expect.any(String));
    });

    it('with words where a page is too large that cannot be made smaller', async () => {
      const { path } = await connected();
      aWorkflow({}, { settings: { pinned: 'x'.repeat(4_200_000) } });
      expect(await mira().get(`${path}/workflows`)).toMatchObject({
        status: 409,
        json: { fault: 'too_large', detail: expect.stringMatching(/larger than 4 MiB/) },
      });
    });

    it('not without an API key, nor while it is away', async () => {
      const { path } = await connected(null);
      expect(await mira().get(`${path}/workflows`)).toMatchObject({ status: 409, json: { fault: 'no_api_key' } });
      const known = await connected();
      await n8n.stop();
      expect(await mira().get(`${known.path}/workflows`)).toMatchObject({
        status: 502,
        json: { fault: 'unreachable' },
      });
    });
  });

  describe('has a workflow started', () => {
    const trigger = (path: string, { id }: { id: string }, data?: object) =>
      mira().post(`${path}/workflows/${id}/trigger`, data === undefined ? {} : { data });

    it('with the data as its body, signed, and answers with the execution', async () => {
      const { path, secret } = await connected();
      const workflow = aWorkflow({ responseMode: 'responseNode' });
      const answer = await trigger(path, workflow, { n: 1 });
      expect(answer).toMatchObject({
        status: 200,
        json: { workflow_id: workflow.id, status: 'accepted', execution_id: '1', answer: { status_code: 200 } },
      });
      const [{ headers, body } = { headers: {}, body: Buffer.of() }] = n8n.executions;
      expect(body.toString()).toBe('{"n":1}');
      expect(headers).toMatchObject({ 'webhook-id': answer.json['id'], 'x-mira-delivery-id': answer.json['id'] });
      const { 'webhook-timestamp': timestamp, 'webhook-signature': signature } = headers as Record<string, string>;
      const message = { id: String(answer.json['id']), timestamp, signature, body };
      const verdict = verifyStandard(message, [secret], new Date());
      expect(verdict.kind).toBe('valid');
    });

    it('without knowing the execution where the workflow does not say it', async () => {
      const { path } = await connected();
      expect((await trigger(path, aWorkflow())).json).toMatchObject({ status: 'accepted', execution_id: null });
    });

    it.each<[Record<string, string>, string]>([
      [{}, '1'],
      [{ 'x-mira-hops': '5' }, '6'],
    ])('behind as many deliveries as led to it and this one: %j', async (headers, told) => {
      const { path } = await connected();
      const { id } = aWorkflow();
      await mira().post(`${path}/workflows/${id}/trigger`, {}, { headers });
      const data = { workflow_id: id };
      await mira().post(`${path}/sync`, { type: 'workflow_trigger', data }, { headers });
      expect(n8n.executions.map((one) => one.headers['x-mira-hops'])).toEqual([told, told]);
    });

    it.each([
      ['6', 508],
      ['many', 400],
    ])('not behind so many that it goes in a circle: %s', async (hops, status) => {
      const { path } = await connected();
      const { id } = aWorkflow();
      const call = { headers: { 'x-mira-hops': hops } };
      expect((await mira().post(`${path}/workflows/${id}/trigger`, {}, call)).status).toBe(status);
      expect((await mira().post(`${path}/sync`, { type: 'task_updates', data: {} }, call)).status).toBe(status);
      expect(n8n.executions).toEqual([]);
    });

    it('and hears of its error where it answers at its end', async () => {
      const { path } = await connected();
      const workflow = aWorkflow();
      n8n.mode = 'error';
      expect(await trigger(path, workflow)).toMatchObject({
        status: 200,
        json: { status: 'failed', answer: { status_code: 500, body: '{"message":"Error in workflow"}' } },
      });
    });

    it.each<[string, Record<string, unknown>, Partial<FakeWorkflow>, string, RegExp]>([
      ['is not active', {}, { active: false }, 'inactive', /activate/],
      ['wants GET', { httpMethod: 'GET' }, {}, 'wrong_method', /set it to POST/],
      ['wants credentials', { authentication: 'basicAuth' }, {}, 'wants_credentials', /Authentication to None/],
      ['has no webhook', {}, { nodes: [] }, 'no_webhook_node', /add one/],
    ])('not one that %s, which costs nothing', async (_case, parameters, more, fault, words) => {
      const { path } = await connected();
      const before = await used();
      const answer = await trigger(path, aWorkflow(parameters, more));
      expect(answer).toMatchObject({ status: 409, json: { fault, detail: expect.stringMatching(words) } });
      expect(await used()).toBe(before);
      expect(n8n.executions).toEqual([]);
    });

    it('not one that there is not, nor one whose id is none', async () => {
      const { path } = await connected();
      expect((await trigger(path, { id: 'nobody' })).status).toBe(404);
      const wrong = await trigger(path, { id: 'no%20id' });
      expect(wrong).toMatchObject({ status: 400, json: { errors: [{ field: 'workflow_id' }] } });
    });

    it('no more than the plan allows, however many ask at once', async () => {
      const { path } = await connected();
      const workflow = aWorkflow();
      await trigger(path, workflow);
      const before = await used();
      const [tenant] = await mira().sql('SELECT id FROM tenants WHERE is_default');
      const override = `tenants/${String(tenant?.['id'])}/overrides/max_workflows_per_month`;
      await request(mira(), 'PUT', override, { max: before + 3 });
      try {
        const answers = await Promise.all(Array.from({ length: 8 }, () => trigger(path, workflow)));
        expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([
          200, 200, 200, 429, 429, 429, 429, 429,
        ]);
        const refused = answers.find(({ status }) => status === 429);
        expect(refused?.json).toMatchObject({ type: expect.stringMatching(/quota-exceeded$/), used: before + 3 });
        expect(await used()).toBe(before + 3);
        expect(n8n.executions).toHaveLength(4);
      } finally {
        await request(mira(), 'DELETE', override);
      }
    });

    it('not by a tenant whose plan has no n8n', async () => {
      const { apiKey } = await mira().addTenant('admin', 'basic');
      const path = `/api/v1/integrations/${randomUUID()}/workflows/a/trigger`;
      const answer = await mira().post(path, {}, { apiKey });
      expect(answer).toMatchObject({ status: 403, json: { feature: 'n8n_integration' } });
    });

    async function used(): Promise<number> {
      const { json } = await mira().get('/api/v1/limits');
      const limits = json['limits'] as { limit: string; used: number }[];
      return limits.find(({ limit }) => limit === 'max_workflows_per_month')?.used ?? 0;
    }
  });

  describe('tells what became of an execution', () => {
    it('that succeeded, failed with words, or is not there', async () => {
      const { path } = await connected();
      const good = aWorkflow();
      const bad = aWorkflow({}, { run: 'error', error: 'no such customer' });
      for (const { id } of [good, bad]) await mira().post(`${path}/workflows/${id}/trigger`, {});
      expect((await mira().get(`${path}/executions/1`)).json).toMatchObject({
        id: '1',
        status: 'success',
        workflow_id: good.id,
        error: null,
        started_at: expect.stringMatching(/Z$/),
        stopped_at: expect.stringMatching(/Z$/),
      });
      const failed = (await mira().get(`${path}/executions/2`)).json;
      expect(failed).toMatchObject({ status: 'error', error: 'no such customer (node Stop)' });
      expect((await mira().get(`${path}/executions/3`)).status).toBe(404);
      const wrong = await mira().get(`${path}/executions/..%2f`);
      expect(wrong).toMatchObject({ status: 400, json: { errors: [{ field: 'execution_id' }] } });
    });
  });

  describe('is told of changes', () => {
    it.each(['project_events', 'task_updates'])('by an event that routes carry there: %s', async (type) => {
      const { path, id } = await connected();
      const workflow = aWorkflow();
      const target = { kind: 'n8n', integration_id: id, workflow_id: workflow.id };
      const route = await mira().createRoute('mira', target, { event_types: [type] });
      const { status, json } = await mira().post(`${path}/sync`, { type, data: { project: 'p' } });
      expect({ status, json }).toMatchObject({ status: 200, json: { event_id: expect.any(String), triggered: null } });
      const [execution] = await eventually(() => {
        expect(n8n.executions).toHaveLength(1);
        return n8n.executions;
      });
      expect(JSON.parse(String(execution?.body))).toMatchObject({ type, data: { project: 'p' } });
      expect(await deliveriesOf(mira(), json['event_id'])).toMatchObject([{ route_id: route.id }]);
    });

    it('by what counts as a webhook of the day, and is recorded', async () => {
      const { path, id } = await connected();
      const sync = () => mira().post(`${path}/sync`, { type: 'task_updates', data: { constructor: 'c' } });
      const counted = async () => {
        const rows = await mira().sql(
          `SELECT metric, tenant_id, count::int FROM usage_counters
           WHERE period = 'day' AND metric IN ('webhooks_received', 'events_synced')
             AND tenant_id = (SELECT tenant_id FROM integrations WHERE id = $1)`,
          [id],
        );
        return Object.fromEntries(rows.map(({ metric, count }) => [String(metric), Number(count)]));
      };
      const before = await counted();
      const { json } = await sync();
      const after = await counted();
      for (const metric of ['webhooks_received', 'events_synced']) {
        expect(after[metric]).toBe((before[metric] ?? 0) + 1);
      }
      const [event] = await mira().sql('SELECT convert_from(body, $2) AS body FROM webhook_events WHERE id = $1', [
        json['event_id'],
        'utf8',
      ]);
      expect(String(event?.['body'])).toContain('"data":{"constructor":"c"}');
      const { json: trail } = await mira().get('/api/v1/audit-logs?action=integration.synced&limit=1');
      expect(trail['data']).toMatchObject([
        { resource_id: id, after: { type: 'task_updates', event_id: json['event_id'] } },
      ]);
      await mira().sql(
        `INSERT INTO plan_overrides (tenant_id, name, max)
         SELECT tenant_id, 'max_webhooks_per_day', 1 FROM integrations WHERE id = $1`,
        [id],
      );
      expect(await sync()).toMatchObject({ status: 429, json: { type: 'urn:mira:problem:quota-exceeded' } });
      await mira().sql(`DELETE FROM plan_overrides WHERE name = 'max_webhooks_per_day'`);
    });

    it('by starting a workflow', async () => {
      const { path } = await connected();
      const workflow = aWorkflow();
      const data = { workflow_id: workflow.id, n: 2 };
      const answer = await mira().post(`${path}/sync`, { type: 'workflow_trigger', data });
      expect(answer.json).toMatchObject({
        event_id: null,
        triggered: { status: 'accepted', workflow_id: workflow.id },
      });
      expect(n8n.executions.map(({ body }) => body.toString())).toEqual(['{"n":2}']);
    });

    it('not of what has no name, nor by no workflow', async () => {
      const { path } = await connected();
      const wrong = await mira().post(`${path}/sync`, { type: 'gossip', data: {} });
      expect(wrong).toMatchObject({ status: 400, json: { errors: [{ field: 'type' }] } });
      const none = await mira().post(`${path}/sync`, { type: 'workflow_trigger', data: {} });
      expect(none).toMatchObject({ status: 400, json: { errors: [{ field: 'data.workflow_id' }] } });
    });
  });
});
