import { newId } from '../../src/database/new-id';
import { ConnectionTester } from '../../src/n8n/check/connection.tester';
import type { N8nExecution } from '../../src/n8n/client/execution';
import { type ExecutionSearch, N8nClient } from '../../src/n8n/client/n8n.client';
import type { N8nReply } from '../../src/n8n/client/n8n.reply';
import { classifyN8nAnswer } from '../../src/n8n/n8n.answer';
import { WorkflowDirectory } from '../../src/n8n/workflow.directory';
import { eventually } from '../support/eventually';
import { answer, type MadeWorkflow, N8nWorld, noOp, stop, SUBJECT, wait } from './n8n-world';

/** What Mira relies on in an n8n. The fake of the other suites has to do as a real one does. */
describe(`an n8n, as Mira expects it: ${SUBJECT}`, () => {
  let world: N8nWorld;
  let client: N8nClient;
  beforeAll(async () => {
    world = await N8nWorld.open();
    client = new N8nClient(world.outbound);
  });
  afterAll(() => world.close());

  function valueOf<T>(reply: N8nReply<T>): T {
    if (reply.kind === 'fault') throw new Error(`${reply.fault}: ${reply.detail}`);
    return reply.value;
  }

  const list = async ({ id }: MadeWorkflow, more: Partial<ExecutionSearch> = {}): Promise<readonly N8nExecution[]> =>
    valueOf(await client.executions(world.connection, { workflowId: id, limit: 10, ...more })).data;

  /** The execution that a call starts, as soon as it is in the list. */
  async function executed(workflow: MadeWorkflow, more: Partial<ExecutionSearch> = {}): Promise<N8nExecution> {
    const deliveryId = newId();
    expect((await world.call(workflow.path, { 'x-mira-delivery-id': deliveryId })).status).toBe(200);
    return eventually(async () => {
      const found = (await list(workflow, { includeData: true, ...more })).find((one) => one.deliveryId === deliveryId);
      if (!found) throw new Error('it is not in the list');
      return found;
    });
  }

  it('is found well', async () => {
    const test = await new ConnectionTester(client).test(world.connection);
    expect(test.checks.filter(({ status }) => status !== 'ok')).toEqual([]);
    expect(test).toMatchObject({ ok: true, version: expect.stringMatching(/^\d+\.\d+\.\d+/), clockAheadMs: 0 });
    expect(test.scopes).toHaveLength(5);
  });

  it('knows no other key', async () => {
    const stranger = { ...world.connection, apiKey: 'nobody' };
    expect(await client.workflows(stranger, { limit: 1 })).toMatchObject({ fault: 'unauthorized' });
  });

  it('tells where a workflow is called, once it is active', async () => {
    const workflow = await world.addWorkflow(noOp(), { active: false });
    const directory = new WorkflowDirectory(client);
    const find = () => directory.webhookUrl(world.connection, { workflowId: workflow.id });
    expect(await find()).toMatchObject({ fault: 'inactive' });
    expect(classifyN8nAnswer(await world.call(workflow.path))).toMatchObject({ kind: 'not_registered', cause: 'path' });
    await world.api('POST', `workflows/${workflow.id}/activate`, {});
    expect(await find()).toMatchObject({ kind: 'found', url: `${world.connection.baseUrl}/webhook/${workflow.path}` });
    expect(classifyN8nAnswer(await world.call(workflow.path))).toEqual({ kind: 'ok' });
  });

  it('says which method a webhook wants', async () => {
    const { path } = await world.addWorkflow(noOp(), { webhook: { httpMethod: 'GET' } });
    expect(classifyN8nAnswer(await world.call(path))).toMatchObject({ kind: 'not_registered', cause: 'method' });
  });

  it('turns away who brings no credentials where the node wants some', async () => {
    const basic = await world.addCredential('httpBasicAuth', { user: 'u', password: 'p' });
    const header = await world.addCredential('httpHeaderAuth', { name: 'X-Token', value: 't' });
    const first = await world.addWorkflow(noOp(), { webhook: { authentication: 'basicAuth' }, credentials: basic });
    const second = await world.addWorkflow(noOp(), { webhook: { authentication: 'headerAuth' }, credentials: header });
    expect((await world.call(first.path)).status).toBe(401);
    expect((await world.call(second.path)).status).toBe(403);
    const address = await new WorkflowDirectory(client).webhookUrl(world.connection, { workflowId: first.id });
    expect(address).toMatchObject({ kind: 'found', authentication: 'basicAuth' });
  });

  it('has the id of the delivery in the data of an execution that it started', async () => {
    const workflow = await world.addWorkflow(noOp());
    const execution = await executed(workflow);
    expect(execution).toMatchObject({ status: 'success', workflowId: workflow.id, error: null, retryOf: null });
    expect(execution.stoppedAt).toBeInstanceOf(Date);
    expect(await list(workflow)).toMatchObject([{ id: execution.id, deliveryId: null }]);
  });

  it('answers with the id of the execution, where the workflow does', async () => {
    const { path } = await world.addWorkflow(answer(), { webhook: { responseMode: 'responseNode' } });
    const said = classifyN8nAnswer(await world.call(path));
    const id = said.kind === 'ok' ? said.executionId : undefined;
    expect(id).toBeDefined();
    await eventually(async () =>
      expect(await client.execution(world.connection, id ?? '')).toMatchObject({ value: { id, status: 'success' } }),
    );
  });

  it('has the error of a failed execution in its data', async () => {
    const execution = await executed(await world.addWorkflow(stop('no such customer')));
    expect(execution).toMatchObject({ status: 'error', error: 'no such customer (node Stop)' });
    const reply = await client.execution(world.connection, execution.id, { includeData: true });
    expect(reply).toMatchObject({ value: { status: 'error', error: 'no such customer (node Stop)' } });
  });

  it('lists one that runs only where running ones are asked for', async () => {
    const workflow = await world.addWorkflow(wait(8));
    const execution = await executed(workflow, { status: 'running' });
    expect(execution).toMatchObject({ status: 'running', stoppedAt: null });
    expect(await list(workflow)).toEqual([]);
    expect(await client.execution(world.connection, execution.id)).toMatchObject({ value: { status: 'running' } });
  });

  it('runs a failed execution again, and says which one it repeats', async () => {
    const workflow = await world.addWorkflow(stop('again'));
    const first = await executed(workflow);
    const again = valueOf(await client.retryExecution(world.connection, first.id));
    expect(again).toMatchObject({ kind: 'started', execution: { retryOf: first.id, status: 'error' } });
    const id = again.kind === 'started' ? again.execution.id : '';
    expect(id).not.toBe(first.id);
    expect(await list(workflow)).toMatchObject([
      { id, retryOf: first.id },
      { id: first.id, retryOf: null },
    ]);
  });

  it('runs no execution again that succeeded, and none that there is not', async () => {
    const { id } = await executed(await world.addWorkflow(noOp()));
    expect(await client.retryExecution(world.connection, id)).toMatchObject({ fault: 'refused' });
    expect(await client.retryExecution(world.connection, '0')).toMatchObject({ fault: 'not_found' });
    expect(await client.execution(world.connection, '0')).toMatchObject({ fault: 'not_found' });
    expect(await client.execution(world.connection, 'a-word')).toMatchObject({ fault: 'not_found' });
  });

  it('shows nothing of an execution that its workflow does not keep', async () => {
    const workflow = await world.addWorkflow(answer(), {
      webhook: { responseMode: 'responseNode' },
      settings: { saveDataSuccessExecution: 'none' },
    });
    const said = classifyN8nAnswer(await world.call(workflow.path));
    const id = said.kind === 'ok' ? (said.executionId ?? '') : '';
    await eventually(async () =>
      expect(await client.execution(world.connection, id)).toMatchObject({ fault: 'not_found' }),
    );
    expect(await list(workflow)).toEqual([]);
  });

  it('keeps the size of the first page to the last, whatever is asked for later', async () => {
    const workflow = await world.addWorkflow(noOp());
    for (let count = 0; count < 3; count++) await executed(workflow);
    const search = { workflowId: workflow.id, limit: 1 };
    const { nextCursor: cursor } = valueOf(await client.executions(world.connection, search));
    expect(valueOf(await client.executions(world.connection, { ...search, limit: 2, cursor })).data).toHaveLength(1);
  });

  it('lists executions in pages, newest first', async () => {
    const workflow = await world.addWorkflow(noOp());
    const ids: string[] = [];
    for (let count = 0; count < 3; count++) ids.unshift((await executed(workflow)).id);
    const search = { workflowId: workflow.id, limit: 2 };
    const first = valueOf(await client.executions(world.connection, search));
    const second = valueOf(await client.executions(world.connection, { ...search, cursor: first.nextCursor }));
    expect([...first.data, ...second.data].map(({ id }) => id)).toEqual(ids);
    expect(second.nextCursor).toBeNull();
    expect(await client.executions(world.connection, { limit: 251 })).toMatchObject({ fault: 'refused' });
  });
});
