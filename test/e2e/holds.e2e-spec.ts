import { randomUUID } from 'node:crypto';
import { eventually } from '../support/eventually';
import { aWebhookNode, FakeN8n, type FakeN8nMode } from '../support/fake-n8n';
import { describeMira } from '../support/mira';
import { request } from '../support/people';
import { signedAsGithub } from '../support/signed';

describeMira(
  'an n8n that comes and goes',
  (mira) => {
    let n8n: FakeN8n;
    beforeAll(async () => {
      const [tenant] = await mira().sql('SELECT id FROM tenants WHERE is_default');
      await request(mira(), 'PUT', `tenants/${String(tenant?.['id'])}/overrides/max_integrations`, { max: -1 });
    });
    beforeEach(async () => {
      n8n = await FakeN8n.start();
    });
    afterEach(() => n8n.stop());

    /** A route to a workflow of its own, and what became of the events that were sent along it, by number. */
    async function aRoute(more: Record<string, unknown> = {}) {
      const path = randomUUID();
      const workflow = n8n.addWorkflow({ nodes: [aWebhookNode({ path })] });
      const { id } = await mira().createIntegration(n8n.url, n8n.apiKey);
      const endpoint = await mira().createEndpoint('github');
      const event = `push-${randomUUID()}`;
      const target = { kind: 'n8n', integration_id: id, workflow_id: workflow.id };
      const route = await mira().createRoute('github', target, { event_types: [event], ...more });
      let sent = 0;
      const send = async (count: number) => {
        for (let n = 0; n < count; n++) {
          const body = JSON.stringify({ n: sent++ });
          const answer = await mira().send(endpoint.path, body, signedAsGithub(body, endpoint.secret, { event }));
          expect(answer.status).toBe(202);
        }
      };
      const executed = () =>
        n8n.executions
          .filter(({ workflowId }) => workflowId === workflow.id)
          .map(({ body }) => Number(JSON.parse(body.toString()).n));
      const rows = (): Promise<Record<string, unknown>[]> =>
        mira().sql('SELECT * FROM deliveries WHERE route_id = $1 ORDER BY event_id', [route.id]);
      const allArrived = async (count: number) =>
        eventually(async () => {
          expect((await rows()).filter(({ status }) => !['queued', 'held'].includes(String(status)))).toHaveLength(
            count,
          );
        }, 60_000);
      /** Nothing lost, nothing dead, nothing of the schedule used. */
      const expectUnburned = async (count: number) => {
        const all = await rows();
        expect(all).toHaveLength(count);
        for (const row of all) {
          expect(['accepted', 'running', 'succeeded']).toContain(row['status']);
          expect(Number(row['attempt_count']) - Number(row['held_attempts'])).toBe(1);
        }
        expect(executed().toSorted((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, n) => n));
      };
      const states = async () =>
        new Set((await rows()).map(({ status, held_for }) => `${String(status)}:${String(held_for)}`));
      return { id: route.id, integrationId: id, workflow, send, executed, rows, states, allArrived, expectUnburned };
    }

    const holds = async () => (await mira().get('/api/v1/holds')).json['data'] as Record<string, unknown>[];

    it('whose workflow is deactivated under load and activated again: nothing is lost, dead, burned or out of order', async () => {
      const route = await aRoute({ ordered: true });
      await route.send(10);
      await eventually(() => expect(route.executed().length).toBeGreaterThan(3));
      route.workflow.active = false;
      await route.send(15);
      await eventually(async () => expect(await route.states()).toContain('held:not_registered'));
      expect(await holds()).toMatchObject([{ scope: 'route', target_id: route.id, reason: 'not_registered' }]);
      await route.send(5);
      route.workflow.active = true;
      await route.send(10);
      await route.allArrived(40);
      await route.expectUnburned(40);
      expect(route.executed()).toEqual(Array.from({ length: 40 }, (_, n) => n));
      await eventually(async () => expect(await holds()).toEqual([]));
    });

    it('that is killed and started again under load: the same, on a route that keeps no order too', async () => {
      const ordered = await aRoute({ ordered: true });
      const other = await aRoute();
      await Promise.all([ordered.send(5), other.send(10)]);
      await eventually(() => expect(ordered.executed()).toHaveLength(5));
      await eventually(() => expect(other.executed()).toHaveLength(10));
      await n8n.stop();
      await Promise.all([ordered.send(10), other.send(30)]);
      await eventually(async () => expect(await other.states()).toContain('held:unreachable'));
      await n8n.listen();
      await Promise.all([ordered.send(5), other.send(5)]);
      await Promise.all([ordered.allArrived(20), other.allArrived(45)]);
      await ordered.expectUnburned(20);
      await other.expectUnburned(45);
      expect(ordered.executed()).toEqual(Array.from({ length: 20 }, (_, n) => n));
    });

    it.each<FakeN8nMode>(['migrating', 'booting'])('that is %s holds all that leads there', async (mode) => {
      const route = await aRoute();
      n8n.mode = mode;
      await route.send(8);
      await eventually(async () => expect(await route.states()).toEqual(new Set(['held:starting'])));
      expect(await holds()).toMatchObject([
        { scope: 'integration', target_id: route.integrationId, reason: 'starting', held_count: expect.any(Number) },
      ]);
      n8n.mode = 'registered';
      await route.allArrived(8);
      await route.expectUnburned(8);
    });

    it('that fails again and again is left alone, and tried with one at a time', async () => {
      const route = await aRoute();
      n8n.mode = 'overloaded';
      await route.send(5);
      await eventually(async () =>
        expect(await holds()).toMatchObject([{ scope: 'integration', reason: 'overloaded' }]),
      );
      await route.send(20);
      await eventually(async () => expect(await route.states()).toContain('held:overloaded'));
      n8n.mode = 'registered';
      await route.allArrived(25);
      expect((await route.rows()).filter(({ status }) => status === 'dead')).toEqual([]);
      expect(new Set(route.executed()).size).toBe(25);
    });

    it('holds no more when the integration was given another address', async () => {
      const route = await aRoute();
      const { url } = n8n;
      await request(mira(), 'PATCH', `integrations/${route.integrationId}`, {
        config: { base_url: 'http://127.0.0.1:9', api_key: n8n.apiKey },
      });
      await route.send(3);
      await eventually(async () => expect(await route.states()).toEqual(new Set(['held:unreachable'])));
      await request(mira(), 'PATCH', `integrations/${route.integrationId}`, {
        config: { base_url: url, api_key: n8n.apiKey },
      });
      await route.allArrived(3);
      await route.expectUnburned(3);
    });

    it('does not keep what was set aside by hand from ending the hold', async () => {
      const route = await aRoute({ ordered: true });
      route.workflow.active = false;
      await route.send(2);
      await eventually(async () => expect(await route.states()).toContain('held:not_registered'));
      const [first] = await route.rows();
      const answer = await mira().post(`/api/v1/deliveries/${String(first?.['id'])}/set-aside`, {});
      expect(answer).toMatchObject({ status: 200, json: { status: 'set_aside' } });
      route.workflow.active = true;
      await eventually(() => expect(route.executed()).toEqual([1]), 20_000);
    });

    it('and its ordered routes are for plans that have them', async () => {
      const { apiKey } = await mira().addTenant('admin', 'basic');
      const target = { kind: 'agent', agent: 'project_initialization' };
      const body = { name: 'x', service: 'github', target, ordered: true };
      expect(await mira().post('/api/v1/routes', body, { apiKey })).toMatchObject({
        status: 403,
        json: { feature: 'advanced_workflows' },
      });
    });
  },
  {
    MIRA_DELIVERY_RETRY_SCHEDULE_SECONDS: ['0', ...Array.from({ length: 99 }, () => '0.1')].join(','),
    MIRA_DELIVERY_RETRY_JITTER: '0',
    MIRA_DELIVERY_PROBE_FIRST_SECONDS: '0.1',
    MIRA_DELIVERY_PROBE_MAX_SECONDS: '0.5',
  },
);
