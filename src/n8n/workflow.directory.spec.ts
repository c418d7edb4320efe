import { AddressPolicy, OutboundClient } from '@mira/outbound';
import { aWebhookNode, FakeN8n, type FakeN8nMode } from '../../test/support/fake-n8n';
import { N8nClient } from './client/n8n.client';
import type { N8nConnection } from './integration.connection';
import { WorkflowDirectory } from './workflow.directory';

describe('WorkflowDirectory', () => {
  let n8n: FakeN8n;
  let outbound: OutboundClient;
  let nowMs: number;
  let sut: WorkflowDirectory;

  beforeEach(async () => {
    n8n = await FakeN8n.start();
    outbound = new OutboundClient(new AddressPolicy(['127.0.0.0/8']));
    nowMs = 1_000;
    sut = new WorkflowDirectory(new N8nClient(outbound), () => nowMs);
  });

  afterEach(async () => {
    await n8n.stop();
    await outbound.close();
  });

  function aConnection(connection: Partial<N8nConnection> = {}): N8nConnection {
    const { url: baseUrl, apiKey } = n8n;
    return { integrationId: 'an-integration', baseUrl, apiKey, signingSecret: 'whsec_x', ...connection };
  }

  function aWorkflow() {
    return n8n.addWorkflow({ nodes: [aWebhookNode({ path: 'orders paid' })] });
  }

  it('asks nobody for an address by path', async () => {
    expect(await sut.webhookUrl(aConnection({ apiKey: null }), { webhookPath: '/orders/' })).toEqual({
      kind: 'found',
      url: `${n8n.url}/webhook/orders`,
      method: 'POST',
    });
    expect(n8n.requests).toEqual([]);
  });

  it('lets no path lead out of the webhooks', async () => {
    const address = await sut.webhookUrl(aConnection(), { webhookPath: '../api/v1/workflows' });
    expect(address).toMatchObject({ kind: 'fault', fault: 'no_webhook_node', permanent: true });
  });

  it('finds the address of a workflow, where a POST then starts it', async () => {
    const { id } = aWorkflow();
    const address = await sut.webhookUrl(aConnection(), { workflowId: id });
    expect(address).toEqual({ kind: 'found', url: `${n8n.url}/webhook/orders%20paid`, method: 'POST' });

    const url = address.kind === 'found' ? address.url : '';
    await outbound.send({ method: 'POST', url, headers: {}, body: Buffer.from('{}'), timeoutMs: 1_000 });
    expect(n8n.executions).toMatchObject([{ workflowId: id }]);
  });

  it('shows n8n the key of the integration', async () => {
    await sut.webhookUrl(aConnection(), { workflowId: aWorkflow().id });
    expect(n8n.requests[0]?.headers).toMatchObject({ 'x-n8n-api-key': n8n.apiKey, accept: 'application/json' });
  });

  it('asks once for many who want the same, and remembers it for a minute', async () => {
    const { id } = aWorkflow();
    const ask = () => sut.webhookUrl(aConnection(), { workflowId: id });
    const addresses = await Promise.all([ask(), ask(), ask()]);
    expect(new Set(addresses.map(({ kind }) => kind))).toEqual(new Set(['found']));
    nowMs += 59_999;
    await ask();
    expect(n8n.requests).toHaveLength(1);
    nowMs += 1;
    await ask();
    expect(n8n.requests).toHaveLength(2);
  });

  it('asks again after it was told to forget', async () => {
    const workflow = aWorkflow();
    const connection = aConnection();
    await sut.webhookUrl(connection, { workflowId: workflow.id });
    workflow.nodes = [aWebhookNode({ path: 'moved' })];
    sut.forget(connection, workflow.id);
    expect(await sut.webhookUrl(connection, { workflowId: workflow.id })).toMatchObject({
      url: `${n8n.url}/webhook/moved`,
    });
  });

  it('does not remember what was asked before it was told to forget', async () => {
    const workflow = aWorkflow();
    const connection = aConnection();
    const early = sut.webhookUrl(connection, { workflowId: workflow.id });
    sut.forget(connection, workflow.id);
    await early;
    await sut.webhookUrl(connection, { workflowId: workflow.id });
    expect(n8n.requests).toHaveLength(2);
  });

  it('knows integrations apart, and an integration that moved', async () => {
    const { id } = aWorkflow();
    await sut.webhookUrl(aConnection(), { workflowId: id });
    await sut.webhookUrl(aConnection({ integrationId: 'another' }), { workflowId: id });
    await sut.webhookUrl(aConnection({ baseUrl: n8n.url.replace('127.0.0.1', 'localhost') }), { workflowId: id });
    expect(n8n.requests).toHaveLength(3);
  });

  it('remembers no fault, so that a workflow which was put right is found at once', async () => {
    const workflow = n8n.addWorkflow({ nodes: [aWebhookNode({ path: 'orders' })], active: false });
    const ask = () => sut.webhookUrl(aConnection(), { workflowId: workflow.id });
    expect(await ask()).toMatchObject({ kind: 'fault', fault: 'inactive', permanent: false });
    workflow.active = true;
    expect(await ask()).toMatchObject({ kind: 'found' });
  });

  it.each([
    ['a workflow that is not there', { workflowId: 'aaaaaaaaaaaaaaaa' }, {}, 'workflow_unknown'],
    ['an id that cannot be one', { workflowId: '../../rest/login' }, {}, 'workflow_unknown'],
    ['no API key', { workflowId: 'a' }, { apiKey: null }, 'no_api_key'],
    ['a wrong API key', { workflowId: 'a' }, { apiKey: 'wrong' }, 'unauthorized'],
    ['a forbidden address', { workflowId: 'a' }, { baseUrl: 'http://169.254.169.254' }, 'refused_address'],
  ])('tells a fault that somebody must mend: %s', async (_case, reference, connection, fault) => {
    const address = await sut.webhookUrl(aConnection(connection), reference);
    expect(address).toEqual({ kind: 'fault', fault, permanent: true, detail: expect.stringMatching(/^[A-Zn].*\.$/) });
  });

  it('tells a workflow without a Webhook node, and one that takes GET', async () => {
    const without = n8n.addWorkflow({ nodes: [] });
    const get = n8n.addWorkflow({ nodes: [aWebhookNode({ path: 'x', httpMethod: 'GET' })] });
    expect(await sut.webhookUrl(aConnection(), { workflowId: without.id })).toMatchObject({ fault: 'no_webhook_node' });
    expect(await sut.webhookUrl(aConnection(), { workflowId: get.id })).toMatchObject({ fault: 'wrong_method' });
  });

  it.each<FakeN8nMode>(['migrating', 'booting'])('waits for an n8n that is %s', async (mode) => {
    const { id } = aWorkflow();
    n8n.mode = mode;
    const address = await sut.webhookUrl(aConnection(), { workflowId: id });
    expect(address).toMatchObject({ kind: 'fault', fault: 'unreachable', permanent: false });
  });

  it('waits for an n8n that is down', async () => {
    const connection = aConnection();
    await n8n.stop();
    expect(await sut.webhookUrl(connection, { workflowId: aWorkflow().id })).toMatchObject({
      fault: 'unreachable',
      permanent: false,
      detail: expect.stringContaining('The connection was refused.'),
    });
  });

  it('waits where something else answers than the API of n8n', async () => {
    const elsewhere = aConnection({ baseUrl: `${n8n.url}/elsewhere` });
    expect(await sut.webhookUrl(elsewhere, { workflowId: 'a' })).toMatchObject({
      fault: 'unreachable',
      detail: expect.stringContaining("the base URL is not n8n's"),
    });
  });

  it('reads workflows of some megabytes, and says so of larger ones', async () => {
    const large = (bytes: number) =>
      n8n.addWorkflow({ nodes: [aWebhookNode({ path: 'large', notes: 'x'.repeat(bytes / 2) })] });
    expect(await sut.webhookUrl(aConnection(), { workflowId: large(4_000_000).id })).toMatchObject({ kind: 'found' });
    expect(await sut.webhookUrl(aConnection(), { workflowId: large(5_000_000).id })).toMatchObject({
      fault: 'unreachable',
      detail: expect.stringContaining('4 MiB'),
    });
  });
});
