import { randomUUID } from 'node:crypto';
import { deliveriesOf, deliveryOf } from '../support/deliveries';
import { eventually } from '../support/eventually';
import { aWebhookNode, FakeN8n, type FakeN8nMode } from '../support/fake-n8n';
import { describeMira } from '../support/mira';
import { request } from '../support/people';
import { WorkflowQuota } from '../../src/webhook/delivery/hold/workflow.quota';
import { signedAsGithub } from '../support/signed';

describeMira(
  'a delivery to n8n',
  (mira) => {
    let n8n: FakeN8n;
    beforeAll(async () => {
      n8n = await FakeN8n.start();
    });
    afterAll(() => n8n.stop());
    beforeEach(() => {
      n8n.mode = 'registered';
    });

    /** By the workflow's id: where to call it is n8n's to say. */
    async function aRouteToWorkflow() {
      const path = randomUUID();
      const workflow = n8n.addWorkflow({ nodes: [aWebhookNode({ path, responseMode: 'responseNode' })] });
      const { id } = await mira().createIntegration(n8n.url, n8n.apiKey);
      const endpoint = await mira().createEndpoint('github');
      const event = `push-${randomUUID()}`;
      const target = { kind: 'n8n', integration_id: id, workflow_id: workflow.id };
      await mira().createRoute('github', target, { event_types: [event] });
      const push = async (body: string) =>
        (await mira().send(endpoint.path, body, signedAsGithub(body, endpoint.secret, { event }))).json['id'];
      const executions = () => n8n.executions.filter(({ workflowId }) => workflowId === workflow.id);
      return { push, executions };
    }

    it('runs the workflow that the route names', async () => {
      const { push, executions } = await aRouteToWorkflow();
      const delivery = await deliveryOf(mira(), await push('{"n":1}'), { status: 'succeeded' });
      expect(executions()).toMatchObject([{ body: Buffer.from('{"n":1}') }]);
      expect(delivery).toMatchObject({ reason: null, execution_id: executions()[0]?.id, confirm_at: null });
    });

    it('that fails is tried beyond three times, and runs the workflow once', async () => {
      const { push, executions } = await aRouteToWorkflow();
      await deliveryOf(mira(), await push('{}'), { status: 'succeeded' });
      n8n.mode = 'error';
      const eventId = await push('{"n":2}');
      const { attempts } = await deliveryOf(mira(), eventId, { status: 'queued', attempt_count: 5 });
      expect(attempts.every(({ outcome }) => outcome === 'retry')).toBe(true);
      n8n.mode = 'registered';
      await deliveryOf(mira(), eventId, { status: 'succeeded' });
      expect(executions()).toHaveLength(2);
    });

    it.each<[FakeN8nMode, string]>([
      ['not_registered', 'not_registered'],
      ['migrating', 'starting'],
      ['booting', 'starting'],
    ])('that is %s is held as %s without using up an attempt, and runs the workflow once', async (mode, reason) => {
      const { push, executions } = await aRouteToWorkflow();
      await deliveryOf(mira(), await push('{}'), { status: 'succeeded' });
      n8n.mode = mode;
      const eventIds = [await push('{"n":2}'), await push('{"n":3}')];
      for (const id of eventIds) await deliveryOf(mira(), id, { status: 'held', held_for: reason });
      n8n.mode = 'registered';
      for (const id of eventIds) {
        const { attempts, attempt_count, held_attempts } = await deliveryOf(mira(), id, { status: 'succeeded' });
        expect(held_attempts).toBe(attempt_count - 1);
        expect(attempts.slice(0, -1).every(({ outcome }) => outcome === 'held')).toBe(true);
      }
      expect(executions()).toHaveLength(3);
      expect((await mira().sql('SELECT * FROM holds')).length).toBe(0);
    });

    it('is counted as a workflow once, held where the plan has no more, and goes on when it has', async () => {
      const [tenant] = await mira().sql('SELECT id FROM tenants WHERE is_default');
      const override = `tenants/${String(tenant?.['id'])}/overrides/max_workflows_per_month`;
      const used = async () => {
        const { json } = await mira().get('/api/v1/limits');
        const limits = json['limits'] as { limit: string; used: number }[];
        return limits.find(({ limit }) => limit === 'max_workflows_per_month')?.used ?? 0;
      };
      const { push, executions } = await aRouteToWorkflow();
      const before = await used();
      await deliveryOf(mira(), await push('{}'), { status: 'succeeded' });
      expect(await used()).toBe(before + 1);
      await request(mira(), 'PUT', override, { max: before + 1 });
      const eventId = await push('{"n":2}');
      const held = await deliveryOf(mira(), eventId, { status: 'held' });
      expect(held).toMatchObject({ attempt_count: 0, attempts: [], next_attempt_at: null });
      expect((await mira().post(`/api/v1/deliveries/${held.id}/retry`, {})).status).toBe(409);
      await request(mira(), 'PUT', override, { max: before + 2 });
      await mira().mira.app.get(WorkflowQuota).release();
      await deliveryOf(mira(), eventId, { status: 'succeeded' });
      expect(executions()).toHaveLength(2);
      expect(await used()).toBe(before + 2);
      await request(mira(), 'DELETE', override);
    });

    it('that is stopped loses none of fifty, and gets each once when it is back', async () => {
      const { push, executions } = await aRouteToWorkflow();
      await n8n.stop();
      const ids = await Promise.all(Array.from({ length: 50 }, (_, n) => push(JSON.stringify({ n }))));
      expect(new Set(ids).size).toBe(50);
      for (const id of ids)
        await eventually(async () => expect((await deliveriesOf(mira(), id))[0]?.held_for).toBe('unreachable'));
      await n8n.listen();
      await eventually(() => expect(executions()).toHaveLength(50), 30_000);
      for (const id of ids) await deliveryOf(mira(), id, { status: 'succeeded' });
      const sent = executions().map(({ body }) => Number(JSON.parse(body.toString()).n));
      expect(sent.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, n) => n));
    });
  },
  {
    MIRA_DELIVERY_RETRY_SCHEDULE_SECONDS: ['0', ...Array.from({ length: 99 }, () => '0.1')].join(','),
    MIRA_DELIVERY_RETRY_JITTER: '0',
    MIRA_DELIVERY_PROBE_FIRST_SECONDS: '0.1',
    MIRA_DELIVERY_PROBE_MAX_SECONDS: '0.5',
  },
);
