import { once } from 'node:events';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { buffer } from 'node:stream/consumers';
import { randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';

/**
 * `registered`: well, webhooks of active workflows are there. `not_registered`: it has forgotten them all.
 * `migrating`: every answer is a 200 that says that it is starting. `booting`: it reports ready, but its routes are not
 * there yet. `error`: webhooks answer 500, as a workflow that throws. `overloaded`: a proxy before it answers 503.
 * `hang`: nothing is answered, ever.
 */
export type FakeN8nMode = 'registered' | 'not_registered' | 'migrating' | 'booting' | 'error' | 'overloaded' | 'hang';

export interface FakeNode {
  readonly name: string;
  readonly type: string;
  readonly webhookId?: string;
  readonly disabled?: boolean;
  readonly parameters: Readonly<Record<string, unknown>>;
}

export interface FakeWorkflow {
  readonly id: string;
  readonly name: string;
  active: boolean;
  readonly isArchived: boolean;
  nodes: readonly FakeNode[];
}

export interface FakeRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** A request to a webhook that n8n took, and the execution that it started. */
export interface FakeExecution extends FakeRequest {
  readonly id: string;
  readonly workflowId: string;
}

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
export class FakeN8n {
  readonly apiKey = 'fake-n8n-api-key';
  mode: FakeN8nMode = 'registered';
  /** Everything but health checks, in the order it came. */
  readonly requests: FakeRequest[] = [];
  readonly executions: FakeExecution[] = [];
  private readonly workflows = new Map<string, FakeWorkflow>();
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
    const added = { name: 'a workflow', active: true, isArchived: false, nodes: [], ...workflow, id };
    this.workflows.set(id, added);
    return added;
  }

  /** Resolves as soon as so many executions have started in all. */
  async executed(count: number): Promise<void> {
    if (this.executions.length >= count) return;
    await new Promise<void>((resolve) => this.waiting.push({ count, resolve }));
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = 'GET', url = '/', headers } = request;
    const path = new URL(url, this.url).pathname;
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
    if (path.startsWith('/api/v1/workflows/')) return this.answerWorkflow(received, response);
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
    const execution = { ...request, id: String(this.executions.length + 1), workflowId: webhook.workflowId };
    this.executions.push(execution);
    const answersLast = webhook.node.parameters['responseMode'] === 'responseNode';
    sendJson(response, 200, answersLast ? { execution_id: execution.id } : { message: 'Workflow was started' });
    for (const { count, resolve } of this.waiting) if (this.executions.length >= count) resolve();
  }

  private answerWorkflow({ path, headers }: FakeRequest, response: ServerResponse): void {
    const key = headers['x-n8n-api-key'];
    if (key === undefined) return sendJson(response, 401, { message: "'X-N8N-API-KEY' header required" });
    if (key !== this.apiKey) return sendJson(response, 401, { message: 'unauthorized' });
    const workflow = this.workflows.get(decodeURIComponent(path.slice('/api/v1/workflows/'.length)));
    if (!workflow) return sendJson(response, 404, { message: 'Not Found' });
    const { nodes, active } = workflow;
    const version = active ? { activeVersionId: 'v1', activeVersion: { versionId: 'v1', nodes, connections: {} } } : {};
    sendJson(response, 200, { ...workflow, versionId: 'v1', activeVersionId: null, connections: {}, ...version });
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

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' }).end(JSON.stringify(body));
}

function sendHtml(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { 'content-type': 'text/html; charset=utf-8' }).end(body);
}
