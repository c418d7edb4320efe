import { randomUUID } from 'node:crypto';
import { deliveryOf } from '../support/deliveries';
import { eventually } from '../support/eventually';
import { aWebhookNode, FakeN8n, type FakeWorkflow } from '../support/fake-n8n';
import { describeMira } from '../support/mira';
import { signedAsGithub } from '../support/signed';

interface Execution {
  readonly number: number;
  readonly execution_id: string;
  readonly how: string;
  readonly status: string;
  readonly error: string | null;
}

describeMira('the execution that a delivery started', (mira) => {
  let n8n: FakeN8n;
  beforeEach(async () => {
    n8n = await FakeN8n.start();
  });
  afterEach(() => n8n.stop());

  async function aRoute(
    workflow: Partial<FakeWorkflow> = {},
    { responseMode = 'onReceived', apiKey = n8n.apiKey, ...route }: Record<string, unknown> = {},
  ) {
    const path = randomUUID();
    const made = n8n.addWorkflow({ nodes: [aWebhookNode({ path, responseMode })], ...workflow });
    const { id } = await mira().createIntegration(n8n.url, typeof apiKey === 'string' ? apiKey : undefined);
    const endpoint = await mira().createEndpoint('github');
    const event = `push-${randomUUID()}`;
    const to = apiKey === null ? { webhook_path: path } : { workflow_id: made.id };
    const target = { kind: 'n8n', integration_id: id, ...to };
    await mira().createRoute('github', target, { event_types: [event], ...route });
    const push = async () => {
      const body = JSON.stringify({ n: randomUUID() });
      return (await mira().send(endpoint.path, body, signedAsGithub(body, endpoint.secret, { event }))).json['id'];
    };
    return { push, workflow: made };
  }

  async function executionsOf(deliveryId: string): Promise<Execution[]> {
    const { json } = await mira().get(`/api/v1/deliveries/${deliveryId}`);
    return json['executions'] as Execution[];
  }

  const statusOf = async (eventId: unknown) => (await mira().get(`/api/v1/events/${String(eventId)}`)).json['status'];

  it.each(['onReceived', 'responseNode'])(
    'is found, where n8n answers %s, and its success is the end',
    async (mode) => {
      const { push } = await aRoute({}, { responseMode: mode });
      const eventId = await push();
      const delivery = await deliveryOf(mira(), eventId, { status: 'succeeded' });
      expect(delivery).toMatchObject({ execution_id: '1', reason: null, completed_at: expect.any(String) });
      expect(await executionsOf(delivery.id)).toMatchObject([
        { number: 1, execution_id: '1', how: 'webhook', status: 'success' },
      ]);
      expect(await statusOf(eventId)).toBe('delivered');
    },
  );

  it('is waited for while it runs', async () => {
    const { push } = await aRoute({ run: 'running' });
    const eventId = await push();
    await deliveryOf(mira(), eventId, { status: 'running', completed_at: null });
    expect(await statusOf(eventId)).toBe('pending');
    const [execution] = n8n.executions;
    if (execution) n8n.end(execution, 'success');
    await deliveryOf(mira(), eventId, { status: 'succeeded' });
  });

  it('has failed with the words of n8n, and is run again by n8n on demand', async () => {
    const { push, workflow } = await aRoute({ run: 'error', error: 'no such customer' });
    const eventId = await push();
    const { id } = await deliveryOf(mira(), eventId, { status: 'failed', reason: 'no such customer (node Stop)' });
    expect(await statusOf(eventId)).toBe('failed');
    workflow.run = 'success';
    expect((await mira().post(`/api/v1/deliveries/${id}/retry`, {})).status).toBe(202);
    await deliveryOf(mira(), eventId, { status: 'succeeded', execution_id: '2' });
    expect(await executionsOf(id)).toMatchObject([
      { number: 1, execution_id: '1', how: 'webhook', status: 'error', error: 'no such customer (node Stop)' },
      { number: 2, execution_id: '2', how: 'retry', status: 'success', error: null },
    ]);
    expect(n8n.executions).toMatchObject([{ retryOf: null }, { retryOf: '1' }]);
    expect(await statusOf(eventId)).toBe('delivered');
    expect((await mira().post(`/api/v1/deliveries/${id}/retry`, {})).status).toBe(409);
  });

  it('is run again as often as the route wants, under the same event', async () => {
    const { push, workflow } = await aRoute({ run: 'error' }, { execution_retries: 1 });
    const eventId = await push();
    const { id } = await deliveryOf(mira(), eventId, { status: 'failed', completed_at: null });
    expect(await statusOf(eventId)).toBe('pending');
    workflow.run = 'success';
    await deliveryOf(mira(), eventId, { status: 'succeeded' });
    expect(await executionsOf(id)).toMatchObject([{ status: 'error' }, { how: 'retry', status: 'success' }]);
  });

  it('is not asked for without an API key, and that is said', async () => {
    const { push } = await aRoute({}, { apiKey: null });
    const delivery = await deliveryOf(mira(), await push(), { status: 'accepted', completed_at: expect.any(String) });
    expect(delivery.reason).toMatch(/no API key of n8n/);
    expect(n8n.apiCalls).toEqual([]);
  });

  it('is found although n8n went away meanwhile', async () => {
    const { push } = await aRoute({ run: 'running' });
    const eventId = await push();
    await deliveryOf(mira(), eventId, { status: 'running' });
    await n8n.stop();
    await deliveryOf(mira(), eventId, { status: 'running', reason: expect.stringMatching(/not known yet/) });
    const [execution] = n8n.executions;
    if (execution) n8n.end(execution, 'crashed');
    await n8n.listen();
    await deliveryOf(mira(), eventId, { status: 'failed', reason: expect.stringMatching(/crashed/) }, 40_000);
  });

  it('was never started where a filter swallowed the request, and that is said after a while', async () => {
    const { push } = await aRoute({ run: 'swallowed' });
    const eventId = await push();
    const { id } = await deliveryOf(mira(), eventId, {
      status: 'accepted',
      reason: expect.stringMatching(/swallowed/),
    });
    await mira().sql(`UPDATE delivery_attempts SET started_at = now() - interval '3 minutes' WHERE delivery_id = $1`, [
      id,
    ]);
    await mira().sql(
      `UPDATE deliveries SET created_at = now() - interval '3 minutes', confirm_at = now() WHERE id = $1`,
      [id],
    );
    await deliveryOf(mira(), eventId, { status: 'unknown', reason: expect.stringMatching(/swallowed/) });
    expect(await statusOf(eventId)).toBe('delivered');
  });

  it('costs few calls where many started at once', async () => {
    const { push } = await aRoute();
    const ids = await Promise.all(Array.from({ length: 60 }, push));
    await eventually(async () => {
      const { json } = await mira().get('/api/v1/deliveries?status=succeeded&limit=200');
      const events = (json['data'] as { event_id: string }[]).map(({ event_id }) => event_id);
      expect(ids.filter((id) => events.includes(String(id)))).toHaveLength(60);
    }, 30_000);
    expect(n8n.apiCalls.length).toBeLessThan(40);
  });
});
