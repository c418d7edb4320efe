import { BenchmarkRegistry } from '@mira/benchmark';
import { AddressPolicy, OutboundClient, type OutboundRequest, type OutboundResult } from '@mira/outbound';
import { signStandard } from '@mira/signature';
import { Logger } from '@nestjs/common';
import { Agent, type AgentEvent, type AgentResult } from '../../../agent/agent';
import { AgentRegistry } from '../../../agent/agent.registry';
import { AgentRunner } from '../../../agent/agent.runner';
import type { AgentSettings } from '../../../agent/agent.settings';
import { loadConfig } from '../../../config/load-config';
import { SecretCipher } from '../../../database/secret.cipher';
import { HttpReceiver } from '../../../n8n/http/http.receiver';
import { sealApiKey, sealSigningSecret } from '../../../n8n/integration.connection';
import { N8nClient } from '../../../n8n/client/n8n.client';
import { WorkflowDirectory } from '../../../n8n/workflow.directory';
import { AgentSender } from './agent.sender';
import { AttemptMaker } from './attempt.maker';
import type { DeliveryTarget, DueDelivery } from './due-delivery';
import { HttpSender } from './http.sender';
import { N8nSender } from './n8n.sender';

const TIMEOUT_MS = 200;
const SECRET = `whsec_${Buffer.alloc(32, 1).toString('base64')}`;
const ID = '0190a000-0000-7000-8000-000000000000';
const cipher = new SecretCipher(Buffer.alloc(32, 7));

type Answering = (request: OutboundRequest) => OutboundResult | Promise<OutboundResult>;

/** Sends nothing, and answers as it is told to, one after the other; the last answer goes on. */
class FakeOutbound extends OutboundClient {
  readonly requests: OutboundRequest[] = [];
  private readonly answers: Answering[];

  constructor(...answers: Answering[]) {
    super(new AddressPolicy([]));
    this.answers = answers;
  }

  override async send(request: OutboundRequest): Promise<OutboundResult> {
    this.requests.push(request);
    const answer = this.answers.length > 1 ? this.answers.shift() : this.answers[0];
    if (!answer) throw new Error('nothing should be sent');
    return answer(request);
  }
}

class AnAgent extends Agent {
  readonly name = 'an_agent';
  readonly description = 'For tests.';
  constructor(override readonly handle: (event: AgentEvent) => Promise<AgentResult>) {
    super();
  }
}

/** Every tenant has every agent, as it comes. */
const everywhere: Pick<AgentSettings, 'standingOf'> = {
  standingOf: () => Promise.resolve({ enabled: true, config: {}, isInPlan: true }),
};

function answering(status: number, body: unknown = '', headers: Record<string, string> = {}): Answering {
  const bytes = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
  return () => ({ kind: 'response', status, headers, body: bytes, truncated: false, durationMs: 1 });
}

const never: Answering = () => new Promise(() => undefined);

function aMaker(outbound: FakeOutbound, agent?: Agent): AttemptMaker {
  const config = loadConfig({ env: { MIRA_DELIVERY_TIMEOUT_MS: String(TIMEOUT_MS) }, cwd: __dirname });
  const agents = new AgentRegistry();
  if (agent) agents.register(agent);
  const n8n = new N8nSender(config, outbound, cipher, new WorkflowDirectory(new N8nClient(outbound)));
  const http = new HttpSender(config, cipher, new HttpReceiver(outbound));
  return new AttemptMaker(
    new AgentSender(config, new AgentRunner(agents, everywhere)),
    n8n,
    http,
    new BenchmarkRegistry(),
  );
}

function toN8n(workflow: { workflowId: string } | { webhookPath: string }): DeliveryTarget {
  const row = { tenantId: ID, id: ID };
  const integration = {
    tenant_id: ID,
    id: ID,
    base_url: 'https://n8n.example.com',
    api_key: sealApiKey(cipher, row, 'an n8n key'),
    signing_secret: sealSigningSecret(cipher, row, SECRET),
    previous_signing_secret: null,
    previous_signing_secret_expires_at: null,
  };
  return { kind: 'n8n', workflow, integration };
}

function aDelivery(target: DeliveryTarget, event: Partial<DueDelivery['event']> = {}): DueDelivery {
  return {
    tenantId: ID,
    id: ID,
    attempt: 2,
    jobId: '0190a000-0000-7000-8000-00000000000f',
    rejections: 0,
    heldAttempts: 0,
    routeId: null,
    isOrdered: false,
    isProbe: false,
    event: {
      id: ID,
      service: 'github',
      eventType: 'push',
      contentType: 'application/json',
      body: Buffer.from('{"n":1}'),
      traceParent: null,
      hops: 0,
      receivedAt: new Date(),
      ...event,
    },
    target,
  };
}

const byPath = aDelivery(toN8n({ webhookPath: 'orders' }));
const byId = aDelivery(toN8n({ workflowId: 'abc' }));
const aWorkflow = {
  active: true,
  nodes: [{ type: 'n8n-nodes-base.webhook', webhookId: 'x', parameters: { httpMethod: 'POST', path: 'orders' } }],
};

beforeAll(() => Logger.overrideLogger(false));

describe('an attempt to call a workflow', () => {
  it('posts the stored bytes to its address, signed by the secret of the integration', async () => {
    const outbound = new FakeOutbound(answering(200, { executionId: 7 }, { 'x-a': 'b' }));
    expect(await aMaker(outbound).make(byPath)).toEqual({
      result: {
        kind: 'done',
        execution: { id: '7', canBeAskedFor: true, integrationId: expect.any(String), workflowId: null },
      },
      statusCode: 200,
      responseHeaders: { 'x-a': 'b' },
      responseBody: Buffer.from('{"executionId":7}'),
      bearing: 'well',
    });
    const [request] = outbound.requests;
    expect(request).toMatchObject({ method: 'POST', url: 'https://n8n.example.com/webhook/orders' });
    expect(request?.body).toEqual(byPath.event.body);
    const { 'webhook-timestamp': time, 'webhook-signature': signature } = request?.headers ?? {};
    const { body } = byPath.event;
    expect(signature).toBe(signStandard({ id: ID, timestampSeconds: Number(time), body, secret: SECRET }));
    expect(JSON.stringify(request?.headers)).not.toContain(SECRET);
  });

  it.each([
    [410, {}, 'gone'],
    [400, {}, 'rejected'],
    [503, {}, 'failed'],
    [200, 'n8n is starting up. Please wait', 'hold'],
    [404, { code: 404, message: 'The requested webhook "POST x" is not registered.' }, 'hold'],
    [
      404,
      { code: 404, message: 'This webhook is not registered for POST requests. Did you mean to make a GET request?' },
      'rejected',
    ],
    [403, 'Authorization data is wrong!', 'rejected'],
  ])('reads the answer %d %j as %s', async (status, body, kind) => {
    const { result, statusCode } = await aMaker(new FakeOutbound(answering(status, body))).make(byPath);
    expect([result.kind, statusCode]).toEqual([kind, status]);
  });

  it('hands on when n8n wants to be asked again', async () => {
    const { result } = await aMaker(new FakeOutbound(answering(503, '', { 'retry-after': '120' }))).make(byPath);
    expect(result).toMatchObject({ kind: 'failed', retryAfter: expect.any(Date) });
  });

  it.each<[OutboundResult, string]>([
    [{ kind: 'refused_address', detail: 'It is private.', durationMs: 1 }, 'rejected'],
    [{ kind: 'timeout', detail: 'Too late.', status: null, durationMs: 1 }, 'failed'],
    [{ kind: 'connection_failed', code: 'ECONNRESET', detail: 'Reset.', status: null, durationMs: 1 }, 'hold'],
    [{ kind: 'connection_failed', code: 'ECONNREFUSED', detail: 'No.', status: null, durationMs: 1 }, 'hold'],
    [{ kind: 'connection_failed', code: 'ECONNRESET', detail: 'Half.', status: 200, durationMs: 1 }, 'failed'],
    [{ kind: 'connection_failed', code: 'HPE_INVALID_HEADER', detail: 'Odd.', status: null, durationMs: 1 }, 'failed'],
  ])('takes what happens on the way for an answer: %j', async (happened, kind) => {
    const answer = await aMaker(new FakeOutbound(() => happened)).make(byPath);
    expect(answer).toMatchObject({ result: { kind, detail: happened.kind === 'response' ? '' : happened.detail } });
    expect(answer).toMatchObject({ statusCode: null, responseHeaders: null, responseBody: null });
  });

  it('asks n8n for the address of a workflow by id, and asks anew once n8n did not know it', async () => {
    const unknown = answering(404, { code: 404, message: 'The requested webhook "POST orders" is not registered.' });
    const outbound = new FakeOutbound(answering(200, aWorkflow), unknown, answering(200, aWorkflow), answering(200));
    const sut = aMaker(outbound);
    expect((await sut.make(byId)).result).toMatchObject({ kind: 'hold', reason: 'not_registered', scope: 'route' });
    expect((await sut.make(byId)).result.kind).toBe('done');
    expect((await sut.make(byId)).result.kind).toBe('done');
    expect(outbound.requests.map(({ method }) => method).join(' ')).toBe('GET POST GET POST POST');
  });

  it.each([
    ['is rejected where somebody has to change the workflow', { ...aWorkflow, nodes: [] }, 'rejected'],
    ['is held where the workflow may become active', { ...aWorkflow, active: false }, 'hold'],
  ])('%s, and is not sent', async (_case, workflow, kind) => {
    const outbound = new FakeOutbound(answering(200, workflow));
    expect((await aMaker(outbound).make(byId)).result.kind).toBe(kind);
    expect(outbound.requests).toHaveLength(1);
  });

  it.each<[Answering, string | null]>([
    [answering(200), 'well'],
    [answering(404), 'well'],
    [answering(429), 'strained'],
    [answering(503), 'strained'],
    [answering(500, { message: 'Error in workflow' }), null],
    [() => ({ kind: 'timeout', detail: 'Too late.', status: null, durationMs: 1 }), 'strained'],
    [() => ({ kind: 'connection_failed', code: 'ECONNREFUSED', detail: 'No.', status: null, durationMs: 1 }), null],
  ])('tells how n8n bore it, apart from how its workflow did: case %#', async (answer, bearing) => {
    expect((await aMaker(new FakeOutbound(answer)).make(byPath)).bearing).toBe(bearing);
  });

  describe('in its time', () => {
    beforeEach(() => jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] }));
    afterEach(() => jest.useRealTimers());

    it('ends although n8n never says where the workflow is', async () => {
      const attempt = aMaker(new FakeOutbound(never)).make(byId);
      await jest.advanceTimersByTimeAsync(TIMEOUT_MS);
      const detail = `n8n did not say within ${TIMEOUT_MS} ms where the workflow is.`;
      expect((await attempt).result).toEqual({ kind: 'failed', detail, retryAfter: null });
    });

    it('gives the call only what the look-up left of it', async () => {
      const slowly: Answering = async (request) => {
        await new Promise((resume) => setTimeout(resume, TIMEOUT_MS / 4));
        return answering(200, aWorkflow)(request);
      };
      const outbound = new FakeOutbound(slowly, answering(200));
      const sut = aMaker(outbound);
      const first = sut.make(byId);
      await jest.advanceTimersByTimeAsync(TIMEOUT_MS / 4);
      await first;
      expect(outbound.requests[1]?.timeoutMs).toBe((TIMEOUT_MS * 3) / 4);
      await sut.make(byId);
      expect(outbound.requests[2]?.timeoutMs).toBe(TIMEOUT_MS);
    });
  });

  it('that fails on this side is one that failed, and tells the receiver nothing of it', async () => {
    const sealedElsewhere = aDelivery({ ...toN8n({ webhookPath: 'x' }) }, {});
    const { target } = sealedElsewhere;
    if (target.kind === 'n8n') target.integration.signing_secret.fill(0);
    const { result } = await aMaker(new FakeOutbound()).make(sealedElsewhere);
    expect(result).toMatchObject({ kind: 'failed', detail: 'The attempt failed inside Mira; see its log.' });
  });
});

describe('an attempt to call an agent', () => {
  const toAgent = aDelivery({ kind: 'agent', agentName: 'an_agent' });
  const make = (handle: Agent['handle'], delivery = toAgent) =>
    aMaker(new FakeOutbound(), new AnAgent(handle)).make(delivery);

  it('hands it the event with its payload', async () => {
    const seen: AgentEvent[] = [];
    const { result } = await make(async (event) => {
      seen.push(event);
      return { kind: 'done', detail: 'made' };
    });
    expect(result).toEqual({ kind: 'done', detail: 'made' });
    expect(seen).toMatchObject([{ tenantId: ID, eventId: ID, deliveryId: ID, attempt: 2, payload: { n: 1 } }]);
  });

  it('hands over no payload of a body that is not what its type says', async () => {
    const payloads: unknown[] = [];
    const broken = aDelivery(toAgent.target, { body: Buffer.from('{') });
    await make(async ({ payload }) => {
      payloads.push(payload);
      return { kind: 'done' };
    }, broken);
    expect(payloads).toEqual([null]);
  });

  it('is over for good when the agent refuses the event', async () => {
    expect((await make(async () => ({ kind: 'refused', reason: 'not for me' }))).result).toEqual({
      kind: 'gone',
      cause: 'refused_by_agent',
      detail: 'not for me',
    });
  });

  it('failed when the agent throws, whose words are not repeated', async () => {
    const { result } = await make(() => Promise.reject(new Error('a secret')));
    expect(result).toEqual({ kind: 'failed', detail: 'The agent an_agent failed.', retryAfter: null });
  });

  it('failed when the agent does not end in time', async () => {
    const { result } = await make(() => new Promise(() => undefined));
    expect(result).toMatchObject({ kind: 'failed', detail: 'The agent an_agent did not end in time.' });
  });

  it('failed while no agent of the name is here', async () => {
    expect((await aMaker(new FakeOutbound()).make(toAgent)).result).toMatchObject({
      kind: 'failed',
      detail: expect.stringContaining('No agent an_agent'),
    });
  });
});

it('an attempt without a target is over for good', async () => {
  const nowhere = aDelivery({ kind: 'none', reason: 'The route was deleted.' });
  const { result } = await aMaker(new FakeOutbound()).make(nowhere);
  expect(result).toEqual({ kind: 'gone', cause: 'target_deleted', detail: 'The route was deleted.' });
});
