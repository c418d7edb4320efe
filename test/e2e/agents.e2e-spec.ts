import { IsInt, Max, Min } from 'class-validator';
import { Agent, type AgentEvent, type AgentResult } from '../../src/agent/agent';
import { AgentRegistry } from '../../src/agent/agent.registry';
import { deliveryOf } from '../support/deliveries';
import { eventually } from '../support/eventually';
import { describeMira } from '../support/mira';
import { request } from '../support/people';

class Settings {
  @IsInt({ message: 'must be a whole number' })
  @Min(0, { message: 'must be 0 or more' })
  @Max(9, { message: 'must be at most 9' })
  failures = 0;
}

/** Fails as often as its settings say. */
class Failing extends Agent<Settings> {
  readonly name = 'failing';
  readonly description = 'Fails as often as it is told to.';
  override readonly subscriptions = [{ service: 'generic', eventType: 'failing' }];
  override readonly configClass = Settings;
  readonly seen: AgentEvent<Settings>[] = [];

  async handle(event: AgentEvent<Settings>): Promise<AgentResult> {
    this.seen.push(event);
    if (event.attempt <= event.config.failures) throw new Error('not yet');
    return Promise.resolve({ kind: 'done', detail: `at attempt ${event.attempt}` });
  }
}

describeMira(
  'agents',
  (mira) => {
    let failing: Failing;
    beforeAll(() => {
      failing = new Failing();
      mira().mira.app.get(AgentRegistry).register(failing);
    });

    const call = (method: string, path: string, body?: unknown, apiKey?: string) =>
      request(mira(), method, path, body, apiKey);
    const configure = (body: object) => call('PATCH', 'agents/failing', body);

    it('are listed by name, with what they are', async () => {
      const { json } = await call('GET', 'agents');
      expect((json['data'] as { name: string }[]).map(({ name }) => name)).toEqual([
        'execution_result',
        'failing',
        'project_initialization',
        'task_update',
      ]);
      expect((await call('GET', 'agents/task_update')).json).toEqual({
        name: 'task_update',
        description: 'Changes the task that the webhook names, as it says.',
        kind: 'standard',
        subscriptions: [{ service: 'n8n', event_type: 'task_update' }],
        permissions: ['project:update'],
        in_plan: true,
        enabled: true,
        config: {},
      });
      expect((await call('GET', 'agents/failing')).json).toMatchObject({ kind: 'custom', config: { failures: 0 } });
    });

    it('run when they are told to, with their settings, and again where they fail', async () => {
      expect(await configure({ config: { failures: 2 } })).toMatchObject({
        status: 200,
        json: { config: { failures: 2 } },
      });
      const { status, json } = await call('POST', 'agents/failing/execute', { data: { n: 7 } });
      expect([status, json]).toEqual([202, { event_id: expect.any(String), delivery_id: expect.any(String) }]);
      const delivery = await deliveryOf(mira(), json['event_id'], { status: 'delivered', reason: 'at attempt 3' });
      expect(delivery.id).toBe(json['delivery_id']);
      expect(delivery.attempts.map(({ outcome }) => outcome)).toEqual(['retry', 'retry', 'delivered']);
      expect(failing.seen.at(-1)).toMatchObject({
        eventId: json['event_id'],
        service: 'mira',
        eventType: 'agent_execute',
        payload: { type: 'agent_execute', data: { n: 7 } },
        config: { failures: 2 },
        hops: 1,
      });
      await configure({ config: {} });
    });

    it('do for nobody what they may not do themselves', async () => {
      const { apiKey } = await mira().addTenant('user', 'enterprise');
      const execute = (agent: string, key: string) => call('POST', `agents/${agent}/execute`, { data: {} }, key);
      for (const [agent, permission] of [
        ['project_initialization', 'project:create'],
        ['execution_result', 'webhook:configure'],
      ] as const) {
        expect(await execute(agent, apiKey)).toMatchObject({
          status: 403,
          json: { type: 'urn:mira:problem:forbidden', missing_permissions: [permission] },
        });
      }
      expect((await execute('task_update', apiKey)).status).toBe(202);
      const narrowed = await call('POST', 'api-keys', { name: 'narrow', permissions: ['agent:execute'] });
      expect(await execute('task_update', String(narrowed.json['key']))).toMatchObject({
        status: 403,
        json: { missing_permissions: ['project:update'] },
      });
    });

    it('are recorded as the doing of who had them run', async () => {
      const data = { name: 'By hand' };
      const { json } = await call('POST', 'agents/project_initialization/execute', { data });
      await deliveryOf(mira(), json['event_id'], { status: 'delivered' });
      const entries = async (action: string) =>
        (await call('GET', `audit-logs?action=${action}`)).json['data'] as Record<string, unknown>[];
      // Others were refused meanwhile.
      const executed = (await entries('agent.executed')).find(({ outcome }) => outcome === 'allowed');
      expect(executed).toMatchObject({ after: { event_id: json['event_id'] } });
      const [created] = await entries('project.created');
      expect(created).toMatchObject({ user_id: executed?.['user_id'], api_key_id: executed?.['api_key_id'] });
      expect(created?.['user_id']).not.toBeNull();
    });

    it('rest while they are switched off, and what comes to them meanwhile says so', async () => {
      expect(await configure({ enabled: false })).toMatchObject({ json: { enabled: false, config: { failures: 0 } } });
      const seen = failing.seen.length;
      const { json } = await mira().post('/webhook/generic', { type: 'failing' });
      await deliveryOf(mira(), json['id'], {
        status: 'delivered',
        reason: 'Not run: the agent failing is switched off.',
      });
      expect(failing.seen).toHaveLength(seen);
      expect((await call('POST', 'agents/failing/execute', { data: {} })).status).toBe(409);
      await configure({ enabled: true });
      const again = await mira().post('/webhook/generic', { type: 'failing' });
      await deliveryOf(mira(), again.json['id'], { status: 'delivered', reason: 'at attempt 1' });
    });

    it('that teams added are for plans with custom agents', async () => {
      const { apiKey } = await mira().addTenant('admin', 'professional');
      const calls: [string, string, object][] = [
        ['POST', 'agents/failing/execute', { data: {} }],
        ['PATCH', 'agents/failing', { enabled: false }],
        ['POST', 'routes', { name: 'R', service: 'generic', target: { kind: 'agent', agent: 'failing' } }],
      ];
      for (const [method, path, body] of calls) {
        expect(await call(method, path, body, apiKey)).toMatchObject({
          status: 403,
          json: { type: 'urn:mira:problem:feature-not-in-plan', feature: 'custom_agents', needed_tier: 'enterprise' },
        });
      }
      expect((await call('GET', 'agents/failing', undefined, apiKey)).json).toMatchObject({ in_plan: false });
      expect((await call('PATCH', 'agents/task_update', { enabled: false }, apiKey)).status).toBe(200);
      expect((await call('GET', 'agents/task_update')).json).toMatchObject({ enabled: true });

      const seen = failing.seen.length;
      const { json } = await mira().post('/webhook/generic', { type: 'failing' }, { apiKey });
      expect(json).toMatchObject({ status: 'accepted' });
      const delivered = async () =>
        (await mira().get(`/api/v1/deliveries?event_id=${String(json['id'])}`, { apiKey })).json['data'];
      await eventually(async () => {
        expect(await delivered()).toMatchObject([
          { status: 'delivered', reason: 'Not run: the plan does not include the agent failing.' },
        ]);
      });
      expect(failing.seen).toHaveLength(seen);
    });

    it.each<[string, string, unknown, string[]]>([
      ['POST', 'agents/failing/execute', {}, ['data']],
      ['POST', 'agents/failing/execute', { data: 'text' }, ['data']],
      ['POST', 'agents/failing/execute', { data: {}, more: 1 }, ['more']],
      ['PATCH', 'agents/failing', { enabled: null }, ['enabled']],
      ['PATCH', 'agents/failing', { config: [] }, ['config']],
      ['PATCH', 'agents/failing', { config: { failures: 'two' } }, ['config.failures']],
      ['PATCH', 'agents/failing', { config: { failures: 10, other: 1 } }, ['config.failures', 'config.other']],
      ['PATCH', 'agents/task_update', { config: { any: 1 } }, ['config.any']],
    ])('refuse %s %s with %j', async (method, path, body, fields) => {
      const { status, json } = await call(method, path, body);
      const errors = json['errors'] as { field: string }[];
      expect([status, [...new Set(errors.map(({ field }) => field))].toSorted()]).toEqual([400, fields]);
    });

    it.each(['nobody', 'constructor', '%00', 'x'.repeat(300)])('are 404 where there is none: %s', async (name) => {
      for (const [method, path, body] of [
        ['GET', `agents/${name}`, undefined],
        ['POST', `agents/${name}/execute`, { data: {} }],
        ['PATCH', `agents/${name}`, { enabled: false }],
      ] as const) {
        expect((await call(method, path, body)).status).toBe(404);
      }
    });
  },
  { MIRA_DELIVERY_RETRY_SCHEDULE_SECONDS: '0,0,0,0', MIRA_DELIVERY_RETRY_JITTER: '0' },
);
