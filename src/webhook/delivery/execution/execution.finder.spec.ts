import { AddressPolicy, OutboundClient } from '@mira/outbound';
import { aWebhookNode, FakeN8n, type FakeWorkflow } from '../../../../test/support/fake-n8n';
import { newId } from '../../../database/new-id';
import { N8nClient } from '../../../n8n/client/n8n.client';
import type { N8nConnection } from '../../../n8n/integration.connection';
import { ExecutionFinder } from './execution.finder';
import type { OpenExecution } from './open-execution';
import { QuestionRound } from './question.round';

describe('the search for executions', () => {
  let n8n: FakeN8n;
  let outbound: OutboundClient;
  const sut = new ExecutionFinder();
  let workflow: FakeWorkflow;

  beforeEach(async () => {
    n8n = await FakeN8n.start();
    outbound = new OutboundClient(new AddressPolicy(['127.0.0.0/8']));
    workflow = n8n.addWorkflow({ nodes: [aWebhookNode({ path: 'x' })] });
  });
  afterEach(async () => {
    await outbound.close(0);
    await n8n.stop();
  });

  function aRound({ apiKey = n8n.apiKey, forMs = 30_000 } = {}): QuestionRound {
    const connection: N8nConnection = {
      integrationId: 'an-integration',
      baseUrl: n8n.url,
      apiKey,
      signingSecret: 'whsec_x',
    };
    return new QuestionRound(new N8nClient(outbound), connection, forMs);
  }

  function open(more: Partial<OpenExecution> = {}): OpenExecution {
    return {
      tenantId: newId(),
      deliveryId: newId(),
      status: 'accepted',
      executionId: null,
      count: 1,
      attempt: 1,
      earlier: [],
      ageMs: 500,
      retryMs: 0,
      toldMs: null,
      retriesMade: 0,
      retriesAllowed: 0,
      workflowId: workflow.id,
      integration: null,
      ...more,
    };
  }

  /** A delivery that n8n took, with the execution that it started. */
  function started(more: Partial<OpenExecution> = {}, body = '{}'): OpenExecution {
    const one = open(more);
    n8n.execute(workflow, { 'x-mira-delivery-id': one.deliveryId }, body);
    return one;
  }

  function known(): OpenExecution {
    const one = open();
    const { id } = n8n.execute(workflow, { 'x-mira-delivery-id': one.deliveryId });
    return { ...one, executionId: id };
  }

  const find = async (...ones: OpenExecution[]) => {
    const found = await sut.find(aRound(), ones);
    return ones.map(({ deliveryId }) => found.get(deliveryId));
  };

  it('of a thousand whose ids are known costs a handful of calls', async () => {
    const ones = Array.from({ length: 1_000 }, known);
    const found = await find(...ones);
    expect(found.filter((finding) => finding?.kind === 'found')).toHaveLength(1_000);
    expect(n8n.apiCalls.length).toBeLessThanOrEqual(4);
  });

  it('of a thousand whose ids are not known costs hardly more', async () => {
    const ones = Array.from({ length: 1_000 }, () => started());
    const found = await find(...ones);
    expect(found.filter((finding) => finding?.kind === 'found')).toHaveLength(1_000);
    expect(n8n.apiCalls.length).toBeLessThanOrEqual(5);
  });

  it('asks for fewer at a time where they are large', async () => {
    const large = 'x'.repeat(200_000);
    const ones = Array.from({ length: 30 }, () => started({}, large));
    const found = await find(...ones);
    expect(found.filter((finding) => finding?.kind === 'found')).toHaveLength(30);
  });

  it('gets over a page that is larger than what is read', async () => {
    const large = 'x'.repeat(1_500_000);
    const ones = Array.from({ length: 12 }, () => started({}, large));
    const found = await find(...ones);
    expect(found.filter((finding) => finding?.kind === 'found')).toHaveLength(12);
  });

  it('gets over one that is larger than what is read, which is not found itself', async () => {
    const before = started();
    const large = started({}, 'x'.repeat(4_200_000));
    const after = started();
    expect(await find(before, large, after)).toMatchObject([
      { kind: 'found', execution: { id: '1' } },
      { kind: 'unasked', detail: expect.stringMatching(/too large/) },
      { kind: 'found', execution: { id: '3' } },
    ]);
    expect(n8n.apiCalls.length).toBeLessThan(12);
  });

  it.each(['known', 'not known'])('finds those that run, their ids being %s', async (case_) => {
    workflow.run = 'running';
    const ones = Array.from({ length: 6 }, case_ === 'known' ? known : () => started());
    const found = await find(...ones);
    expect(found).toEqual(
      ones.map(() => expect.objectContaining({ execution: expect.objectContaining({ status: 'running' }) })),
    );
  });

  it('finds one that waits, which no list has, by its id', async () => {
    workflow.run = 'waiting';
    expect(await find(known())).toMatchObject([{ kind: 'found', execution: { status: 'waiting' } }]);
    workflow.nodes = [...workflow.nodes, { name: 'Wait', type: 'n8n-nodes-base.wait', parameters: {} }];
    expect(await find(started())).toEqual([{ kind: 'absent', why: 'may_wait' }]);
  });

  it('gives all that wait their turn, a few at a time', async () => {
    workflow.run = 'waiting';
    const ones = Array.from({ length: 60 }, known);
    const turns = new Set<string>();
    for (let round = 0; round < 30; round++) {
      const found = await find(...ones);
      for (const [n, finding] of found.entries()) if (finding?.kind === 'found') turns.add(ones[n]?.deliveryId ?? '');
    }
    expect(turns.size).toBe(60);
    expect(n8n.apiCalls.length).toBeLessThanOrEqual(30 * 22);
  });

  it('tells what was swallowed from what is not kept and what is gone', async () => {
    const other = started();
    expect(await find(open(), other)).toEqual([
      { kind: 'absent', why: 'none_started' },
      expect.objectContaining({ kind: 'found' }),
    ]);
    workflow = n8n.addWorkflow({ settings: { saveDataSuccessExecution: 'none' } });
    expect(await find(started())).toEqual([{ kind: 'absent', why: 'unsaved' }]);
    expect(await find(open({ executionId: '999' }))).toEqual([{ kind: 'absent', why: 'gone' }]);
  });

  it('takes no repetition for the execution that it repeats', async () => {
    workflow.run = 'error';
    const one = started();
    const [first] = n8n.executions;
    if (first) await n8n.runAgain(first);
    expect(await find(one)).toMatchObject([{ kind: 'found', execution: { id: first?.id, retryOf: null } }]);
  });

  it('takes the newest of what one delivery led to', async () => {
    const [one] = [open()];
    workflow.run = 'error';
    n8n.execute(workflow, { 'x-mira-delivery-id': one.deliveryId });
    workflow.run = 'success';
    n8n.execute(workflow, { 'x-mira-delivery-id': one.deliveryId });
    expect(await find(one)).toMatchObject([{ kind: 'found', execution: { id: '2', status: 'success' } }]);
  });

  it('leaves out what earlier attempts led to', async () => {
    const [byNumber, byId] = [open({ attempt: 2 }), open({ earlier: ['2'] })];
    n8n.execute(workflow, { 'x-mira-delivery-id': byNumber.deliveryId, 'x-mira-attempt': '1' });
    n8n.execute(workflow, { 'x-mira-delivery-id': byId.deliveryId });
    expect(await find(byNumber, byId)).toEqual(Array(2).fill({ kind: 'absent', why: 'none_started' }));
    n8n.execute(workflow, { 'x-mira-delivery-id': byNumber.deliveryId, 'x-mira-attempt': '2' });
    expect(await find(byNumber)).toMatchObject([{ kind: 'found', execution: { id: '3' } }]);
  });

  it.each(['known', 'not known'])('leaves out what began long before the request, its id being %s', async (case_) => {
    const one = started();
    const [execution] = n8n.executions;
    if (execution) Object.assign(execution, { startedAt: new Date(Date.now() - 600_000) });
    const asked = case_ === 'known' ? { ...one, executionId: '1' } : one;
    expect(await find(asked)).toEqual([{ kind: 'absent', why: 'none_started' }]);
    expect(await find({ ...asked, ageMs: 600_000 })).toMatchObject([{ kind: 'found' }]);
  });

  it("goes by n8n's own clock in that", async () => {
    n8n.clockAheadMs = -3_600_000;
    expect(await find(started(), known())).toMatchObject([{ kind: 'found' }, { kind: 'found' }]);
  });

  it('looks for its own where the id that it has is of another workflow', async () => {
    const other = n8n.addWorkflow();
    const { id } = n8n.execute(other, {});
    const one = started({ executionId: id });
    expect(await find(one)).toMatchObject([{ kind: 'found', execution: { id: '2', workflowId: workflow.id } }]);
    expect(await find(open({ executionId: id }))).toEqual([{ kind: 'absent', why: 'none_started' }]);
  });

  it('asks no more of an n8n that is away', async () => {
    const ones = [...Array.from({ length: 3 }, known), started(), started({ workflowId: n8n.addWorkflow().id })];
    await n8n.stop();
    const before = n8n.requests.length;
    expect((await find(...ones)).map((finding) => finding?.kind)).toEqual(ones.map(() => 'unasked'));
    expect(n8n.requests).toHaveLength(before);
  });

  it('puts back what there was no time for', async () => {
    n8n.mode = 'hang';
    const ones = [known(), started()];
    const found = await sut.find(aRound({ forMs: 200 }), ones);
    expect(ones.map(({ deliveryId }) => found.get(deliveryId))).toEqual(ones.map(() => ({ kind: 'put_back' })));
    expect(n8n.requests).toHaveLength(1);
  });

  it.each<[string, (asking: { apiKey: string }) => void, string]>([
    ['is not let in', (asking) => void (asking.apiKey = 'nobody'), 'refused'],
    ['lacks a scope', () => void (n8n.scopes = new Set()), 'refused'],
    ['meets an n8n that starts', () => void (n8n.mode = 'migrating'), 'unasked'],
  ])('says nothing of the executions where it %s', async (_case, arrange, kind) => {
    const ones = [started(), ...Array.from({ length: 6 }, known)];
    const asking = { apiKey: n8n.apiKey };
    arrange(asking);
    const found = await sut.find(aRound(asking), ones);
    expect(ones.map(({ deliveryId }) => found.get(deliveryId)?.kind)).toEqual(ones.map(() => kind));
  });
});
