import { LimitAlerts } from '../../src/enterprise/alert/limit.alerts';
import { aWebhookNode, FakeN8n } from '../support/fake-n8n';
import { describeMira } from '../support/mira';

describeMira('alerts of limits', (mira) => {
  let n8n: FakeN8n;

  beforeAll(async () => {
    n8n = await FakeN8n.start();
  });
  afterAll(() => n8n.stop());

  it('go along the routes of service mira to a workflow', async () => {
    const workflow = n8n.addWorkflow({ nodes: [aWebhookNode({ path: 'alerts' })] });
    const integration = await mira().createIntegration(n8n.url, n8n.apiKey);
    const target = { kind: 'n8n', integration_id: integration.id, workflow_id: workflow.id };
    await mira().createRoute('mira', target, { event_types: ['limit.near', 'limit.reached'] });
    const [{ id: tenantId } = {}] = await mira().sql('SELECT id FROM tenants WHERE is_default');
    const agreed = await mira().call('PUT', `/api/v1/tenants/${String(tenantId)}/overrides/max_users`, '{"max":1}', {
      headers: { 'content-type': 'application/json' },
    });
    expect(agreed.status).toBe(200);

    await mira().mira.app.get(LimitAlerts).give();
    await n8n.executed(2);
    const told = n8n.executions.map(({ headers, body }) => [headers['x-mira-service'], JSON.parse(body.toString())]);
    const shown = told.map(([service, { type, data }]) => [service, type, data.limit, data.used].join(' '));
    expect(new Set(shown)).toEqual(new Set(['mira limit.near max_users 1', 'mira limit.reached max_users 1']));
  });

  it('come from nobody else: there is no address to send them to', async () => {
    const { status, json } = await mira().send('/webhook/mira', '{}', { 'x-api-key': mira().apiKey });
    expect([status, json['error']]).toEqual([404, 'Unknown service']);
    const endpoint = await mira().post('/api/v1/webhook-endpoints', { service: 'mira', name: 'Mine' });
    expect(endpoint.status).toBe(400);
  });
});
