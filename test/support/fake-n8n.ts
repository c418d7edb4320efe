import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { FakeN8nApi, sendJson } from './fake-n8n-api';
import type { FakeExecution, FakeNode, FakeRequest, FakeRun, FakeState, FakeWorkflow } from './fake-n8n-state';

export type { FakeExecution, FakeNode, FakeRequest, FakeRun, FakeStatus, FakeWorkflow } from './fake-n8n-state';

/**
 * `registered`: well, webhooks of active workflows are there. `not_registered`: it has forgotten them all.
 * `migrating`: every answer is a 200 that says that it is starting. `booting`: it reports ready, but its routes are not
 * there yet. `error`: webhooks answer 500, as a workflow that throws. `overloaded`: a proxy before it answers 503.
 * `hang`: nothing is answered, ever.
 */
export type FakeN8nMode = 'registered' | 'not_registered' | 'migrating' | 'booting' | 'error' | 'overloaded' | 'hang';

/** A Webhook node as n8n stores it: POST, and answering at once with no execution id. */
export function aWebhookNode(parameters: Readonly<Record<string, unknown>>, node: Partial<FakeNode> = {}): FakeNode {
  return {
    name: 'Webhook',
    type: 'n8n-nodes-base.webhook',
    webhookId: randomUUID(),
    parameters: { httpMethod: 'POST', responseMode: 'onReceived', ...parameters },
    ...node,
  };
}

/**
 * An n8n over real HTTP that answers as a real one (2.8.4) was seen to, as far as Mira asks it. Keeps what it was sent.
 * A workflow whose Webhook node has `responseMode: 'responseNode'` answers with its execution id.
 */
export class FakeN8n implements FakeState {
  readonly apiKey = 'fake-n8n-api-key';
  /** What the API key may do; null for all. */
  scopes: ReadonlySet<string> | null = null;
  version = '2.8.4';
  /** By how much its clock is before the machine's. */
  clockAheadMs = 0;
  mode: FakeN8nMode = 'registered';
  /** Everything but health checks, in the order it came. */
  readonly requests: FakeRequest[] = [];
  readonly executions: FakeExecution[] = [];
  private readonly workflows = new Map<string, FakeWorkflow>();
  private readonly api = new FakeN8nApi(this);
  private readonly ends = new Map<string, () => void>();
  private readonly waiting: { count: number; resolve: () => void }[] = [];
  private server: Server | null = null;
  private port = 0;

  static async start(): Promise<FakeN8n> {
    const fake = new FakeN8n();
    await fake.listen();
    return fake;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Starts it (again), at the same address as before. */
  async listen(): Promise<void> {
    const server = createServer((request, response) => void this.answer(request, response));
    server.listen(this.port, '127.0.0.1');
    await once(server, 'listening');
    this.port = (server.address() as AddressInfo).port;
    this.server = server;
  }

  /** Stops it as a crash does: whatever is under way gets no answer. */
  async stop(): Promise<void> {
    const { server } = this;
    this.server = null;
    if (!server) return;
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  }

  addWorkflow(workflow: Partial<FakeWorkflow> = {}): FakeWorkflow {
    const id = workflow.id ?? randomUUID().replaceAll('-', '').slice(0, 16);
    const added = { name: 'a workflow', active: true, isArchived: false, nodes: [], settings: {}, ...workflow, id };
    this.workflows.set(id, added);
    return added;
  }

  workflow(id: string): FakeWorkflow | undefined {
    return this.workflows.get(id);
  }

  removeWorkflow(id: string): void {
    this.workflows.delete(id);
  }

  /** The one made last first. */
  allWorkflows(): FakeWorkflow[] {
    return [...this.workflows.values()].toReversed();
  }

  /** Of its API: what Mira asked, but for health and webhooks. */
  get apiCalls(): readonly FakeRequest[] {
    return this.requests.filter(({ path }) => path.startsWith('/api/'));
  }

  /** Starts an execution as a request with these headers would. */
  execute(workflow: FakeWorkflow, headers: Record<string, string>, body = '{}'): FakeExecution {
    return this.run({ method: 'POST', path: '/webhook/x', headers, body: Buffer.from(body) }, workflow, null);
  }

  /** Ends one that runs or waits. */
  end(
    execution: FakeExecution,
    status: 'success' | 'error' | 'canceled' | 'crashed',
    error: string | null = null,
  ): void {
    Object.assign(execution, { status, stoppedAt: this.now(), error });
    this.ends.get(execution.id)?.();
  }

  /** By n8n's own retry: from the node that failed on. Resolves when it has ended. */
  async runAgain(execution: FakeExecution): Promise<FakeExecution> {
    const workflow = this.workflows.get(execution.workflowId);
    const again = this.run(execution, workflow, execution.id);
    if (again.stoppedAt === null) await new Promise<void>((resolve) => this.ends.set(again.id, resolve));
    return again;
  }

  /** Resolves as soon as so many executions have started in all. */
  async executed(count: number): Promise<void> {
    if (this.executions.length >= count) return;
    await new Promise<void>((resolve) => this.waiting.push({ count, resolve }));
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = 'GET', url = '/', headers } = request;
    const { pathname: path, searchParams } = new URL(url, this.url);
    if (this.clockAheadMs !== 0) response.setHeader('date', this.now().toUTCString());
    if (path.startsWith('/healthz')) return this.answerHealth(path, response);
    let body: Buffer;
    try {
      body = await buffer(request);
    } catch {
      return; // the caller hung up
    }
    const received = { method, path, headers, body };
    this.requests.push(received);
    if (this.mode === 'hang') return;
    if (this.mode === 'overloaded') return sendHtml(response, 503, 'Service Unavailable');
    if (this.mode === 'migrating') return sendHtml(response, 200, 'n8n is starting up. Please wait');
    if (this.mode === 'booting') return sendHtml(response, 404, cannot(method, path));
    if (path.startsWith('/webhook/')) return this.answerWebhook(received, response);
    if (/bot/i.test(headers['user-agent'] ?? '')) return void response.writeHead(204).end();
    if (/^\/api\/v1\/(workflows|executions|credentials)\b/.test(path))
      return this.api.answer(received, searchParams, response);
    if (path === '/rest/settings') return sendJson(response, 200, { data: { settingsMode: 'public' } });
    if (path === '/') return sendHtml(response, 200, editorPage(this.version));
    sendHtml(response, 404, cannot(method, path));
  }

  private answerHealth(path: string, response: ServerResponse): void {
    if (this.mode === 'hang') return;
    const isReady = path !== '/healthz/readiness' || this.mode !== 'migrating';
    sendJson(response, isReady ? 200 : 503, { status: isReady ? 'ok' : 'error' });
  }

  private answerWebhook(request: FakeRequest, response: ServerResponse): void {
    const path = decodeURIComponent(request.path.slice('/webhook/'.length)).replace(/\/$/, '');
    const there = this.mode === 'not_registered' ? [] : this.registered().filter((webhook) => webhook.path === path);
    const webhook = there.find(({ methods }) => methods.includes(request.method));
    if (!webhook) return sendJson(response, 404, notRegistered(request.method, path, there[0]?.methods));
    if (this.mode === 'error') return sendJson(response, 500, { message: 'Error in workflow' });
    const workflow = this.workflows.get(webhook.workflowId);
    const refusal = refusalOf(webhook.node, request);
    if (refusal) return void response.writeHead(refusal.status, WWW_AUTHENTICATE).end(refusal.text);
    if (workflow?.run === 'swallowed') return sendJson(response, 200, { message: 'Workflow was started' });
    const execution = this.run(request, workflow, null);
    const answersLast = webhook.node.parameters['responseMode'] === 'responseNode';
    sendJson(response, 200, answersLast ? { execution_id: execution.id } : { message: 'Workflow was started' });
    for (const { count, resolve } of this.waiting) if (this.executions.length >= count) resolve();
  }

  private run(request: FakeRequest, workflow: FakeWorkflow | undefined, retryOf: string | null): FakeExecution {
    const { method, path, headers, body } = request;
    const how = workflow?.run ?? runOf(workflow?.nodes ?? []);
    const hasEnded = how !== 'running' && how !== 'waiting';
    const execution: FakeExecution = {
      method,
      path,
      headers,
      body,
      retryOf,
      id: String(this.executions.length + 1),
      workflowId: workflow?.id ?? '',
      startedAt: this.now(),
      stoppedAt: hasEnded ? this.now() : null,
      status: how === 'unsaved' || how === 'swallowed' ? 'success' : how,
      unsaved: how === 'unsaved' || workflow?.settings['saveDataSuccessExecution'] === 'none',
      error: how === 'error' ? (workflow?.error ?? errorOf(workflow?.nodes ?? [])) : null,
    };
    this.executions.push(execution);
    return execution;
  }

  private now(): Date {
    return new Date(Date.now() + this.clockAheadMs);
  }

  /** Plain paths and methods only: no parameters, no expressions. */
  private registered() {
    return [...this.workflows.values()]
      .filter(({ active }) => active)
      .flatMap(({ id, nodes }) => nodes.map((node) => ({ workflowId: id, node })))
      .filter(({ node }) => node.type === 'n8n-nodes-base.webhook' && !node.disabled)
      .map(({ workflowId, node }) => ({
        workflowId,
        node,
        path: [node.parameters['path'], node.webhookId].find((path) => typeof path === 'string' && path !== ''),
        methods: [node.parameters['httpMethod'] ?? 'GET'].flat().map(String),
      }));
  }
}

const WWW_AUTHENTICATE = { 'www-authenticate': 'Basic realm="Webhook"' };

/** Of a node that wants credentials; those of the tests are never right. */
function refusalOf({ parameters }: FakeNode, { headers }: FakeRequest): { status: number; text: string } | null {
  const { authentication } = parameters;
  if (authentication === undefined || authentication === 'none') return null;
  if (authentication === 'basicAuth' && headers.authorization === undefined) {
    return { status: 401, text: 'Authorization is required!' };
  }
  return { status: 403, text: 'Authorization data is wrong!' };
}

function runOf(nodes: readonly FakeNode[]): FakeRun {
  if (nodes.some(({ type }) => type === 'n8n-nodes-base.stopAndError')) return 'error';
  const wait = nodes.find(({ type }) => type === 'n8n-nodes-base.wait');
  if (!wait) return 'success';
  // A short wait is spent running.
  return Number(wait.parameters['amount']) < 65 ? 'running' : 'waiting';
}

function errorOf(nodes: readonly FakeNode[]): string {
  const message = nodes.find(({ type }) => type === 'n8n-nodes-base.stopAndError')?.parameters['errorMessage'];
  return typeof message === 'string' ? message : 'it failed';
}

/** The only place where a newer n8n tells its version. */
function editorPage(version: string): string {
  const config = Buffer.from(JSON.stringify({ dsn: '', environment: 'development', release: `n8n@${version}` }));
  return `<!DOCTYPE html>\n<html>\n<head><meta name="n8n:config:sentry" content="${config.toString('base64')}"></head></html>\n`;
}

function notRegistered(method: string, path: string, others: readonly string[] | undefined) {
  if (others) {
    const message = `This webhook is not registered for ${method} requests. Did you mean to make a ${listed(others)} request?`;
    return { code: 404, message, stacktrace: `ResponseError: ${message}` };
  }
  const message = `The requested webhook "${method} ${path}" is not registered.`;
  const hint = 'The workflow must be active for a production URL to run successfully.';
  return { code: 404, message, hint, stacktrace: `ResponseError: ${message}` };
}

function listed(methods: readonly string[]): string {
  return methods.length > 1 ? `${methods.slice(0, -1).join(', ')} or ${methods.at(-1)}` : methods.join();
}

function cannot(method: string, path: string): string {
  return `<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>Error</title>\n</head>\n<body>\n<pre>Cannot ${method} ${path}</pre>\n</body>\n</html>\n`;
}

function sendHtml(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { 'content-type': 'text/html; charset=utf-8' }).end(body);
}
