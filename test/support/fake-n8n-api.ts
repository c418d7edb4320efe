import type { ServerResponse } from 'node:http';
import {
  executionJson,
  type FakeExecution,
  type FakeRequest,
  type FakeState,
  type FakeWorkflow,
  LISTED_STATUSES,
} from './fake-n8n-state';

const MAX_LIMIT = 250;

/** n8n's public API as a real one (2.8.4) was seen to answer, as far as Mira and its tests ask it. */
export class FakeN8nApi {
  constructor(private readonly n8n: FakeState) {}

  async answer(request: FakeRequest, search: URLSearchParams, response: ServerResponse): Promise<void> {
    const key = request.headers['x-n8n-api-key'];
    if (key === undefined) return sendJson(response, 401, { message: "'X-N8N-API-KEY' header required" });
    if (key !== this.n8n.apiKey) return sendJson(response, 401, { message: 'unauthorized' });
    const [what, id, act] = request.path.slice('/api/v1/'.length).split('/').map(decodeURIComponent);
    const scope = scopeOf(request.method, what, id, act);
    if (this.n8n.scopes && !this.n8n.scopes.has(scope)) return sendJson(response, 403, { message: 'Forbidden' });
    const { status, body } = await this.answerTo(scope, { id: id ?? '', search, body: request.body });
    sendJson(response, status, body);
  }

  private async answerTo(
    scope: string,
    { id, search, body }: { id: string; search: URLSearchParams; body: Buffer },
  ): Promise<Reply> {
    switch (scope) {
      case 'workflow:list':
        return this.listWorkflows(search);
      case 'workflow:create': {
        const { name, nodes, settings } = JSON.parse(body.toString()) as Pick<
          FakeWorkflow,
          'name' | 'nodes' | 'settings'
        >;
        return ok(workflowJson(this.n8n.addWorkflow({ name, nodes, settings, active: false })));
      }
      case 'credential:create':
      case 'credential:delete':
        return ok({ id: 'a-credential' });
      case 'execution:list':
        return this.listExecutions(search);
      case 'execution:retry':
        return this.retry(id);
      case 'execution:read':
        return this.execution(id, search);
      default:
        return this.workflow(scope, id);
    }
  }

  private workflow(scope: string, id: string): Reply {
    const workflow = this.n8n.workflow(id);
    if (!workflow) return notFound();
    if (scope === 'workflow:activate') workflow.active = true;
    if (scope === 'workflow:deactivate') workflow.active = false;
    if (scope === 'workflow:delete') this.n8n.removeWorkflow(id);
    return ok(workflowJson(workflow));
  }

  private listWorkflows(search: URLSearchParams): Reply {
    const limit = limitIn(search);
    if (limit === null) return tooMany();
    const from = cursorIn(search, 'offset');
    if (from === null) return { status: 400, body: { message: 'An invalid cursor was provided' } };
    const active = search.get('active');
    const all = this.n8n.allWorkflows().filter((workflow) => active === null || String(workflow.active) === active);
    const offset = Number(from ?? 0);
    const isLast = offset + limit >= all.length;
    const data = all.slice(offset, offset + limit).map(workflowJson);
    return ok({ data, nextCursor: isLast ? null : encoded({ limit, offset: offset + limit }) });
  }

  private execution(id: string, search: URLSearchParams): Reply {
    if (!/^\d+$/.test(id)) return { status: 400, body: { message: 'request/params/id must be number' } };
    const execution = this.n8n.executions.find((one) => one.id === id && !one.unsaved);
    return execution ? ok(executionJson(execution, search.get('includeData') === 'true')) : notFound();
  }

  /** Newest first. Those that run are told of only where they are asked for; those that wait, not even then. */
  private listExecutions(search: URLSearchParams): Reply {
    const limit = limitIn(search);
    if (limit === null) return tooMany();
    const status = search.get('status');
    if (status !== null && !LISTED_STATUSES.includes(status)) {
      const allowed = LISTED_STATUSES.join(', ');
      return {
        status: 400,
        body: { message: `request/query/status must be equal to one of the allowed values: ${allowed}` },
      };
    }
    const before = cursorIn(search, 'lastId');
    if (before === null) return { status: 400, body: { message: 'An invalid cursor was provided' } };
    const workflowId = search.get('workflowId');
    const isAskedFor = (one: FakeExecution) =>
      (status === 'running'
        ? one.status === 'running'
        : one.stoppedAt !== null && (status ?? one.status) === one.status) &&
      !one.unsaved &&
      (workflowId === null || one.workflowId === workflowId) &&
      (before === undefined || Number(one.id) < Number(before));
    const found = this.n8n.executions.filter(isAskedFor).toReversed();
    const page = found.slice(0, limit);
    const lastId = page.at(-1)?.id;
    const data = page.map((one) => executionJson(one, search.get('includeData') === 'true'));
    return ok({ data, nextCursor: found.length > limit && lastId ? encoded({ lastId, limit }) : null });
  }

  /** It answers when the new one has ended. */
  private async retry(id: string): Promise<Reply> {
    const execution = this.n8n.executions.find((one) => one.id === id);
    if (!execution) return { status: 404, body: { message: `The execution with the ID "${id}" does not exist.` } };
    if (execution.status === 'success') {
      return { status: 400, body: { message: 'The execution succeeded, so it cannot be retried.' } };
    }
    const again = await this.n8n.runAgain(execution);
    return ok({ ...executionJson(again, true), retryOf: Number(id) });
  }
}

interface Reply {
  readonly status: number;
  readonly body: object;
}

function scopeOf(method: string, what = '', id = '', act = ''): string {
  const thing = what.replace(/s$/, '');
  if (act !== '') return `${thing}:${act}`;
  if (method === 'POST') return `${thing}:create`;
  if (method === 'DELETE') return `${thing}:delete`;
  return `${thing}:${id === '' ? 'list' : 'read'}`;
}

function workflowJson(workflow: FakeWorkflow): object {
  const { nodes, active, run: _run, error: _error, ...more } = workflow;
  const version = active ? { activeVersionId: 'v1', activeVersion: { versionId: 'v1', nodes, connections: {} } } : {};
  return { ...more, active, nodes, versionId: 'v1', activeVersionId: null, connections: {}, ...version };
}

/** That of the first page goes on to the last. */
function limitIn(search: URLSearchParams): number | null {
  const limit = Number(cursorIn(search, 'limit') ?? search.get('limit') ?? 100);
  return limit <= MAX_LIMIT ? limit : null;
}

/** Undefined where there is none, null where it is nobody's. */
function cursorIn(search: URLSearchParams, name: string): string | null | undefined {
  const cursor = search.get('cursor');
  if (cursor === null) return undefined;
  try {
    const decoded = JSON.parse(Buffer.from(cursor, 'base64').toString()) as Record<string, unknown>;
    return name in decoded ? String(decoded[name]) : null;
  } catch {
    return null;
  }
}

function encoded(cursor: object): string {
  return Buffer.from(JSON.stringify(cursor)).toString('base64');
}

function ok(body: object): Reply {
  return { status: 200, body };
}

function notFound(): Reply {
  return { status: 404, body: { message: 'Not Found' } };
}

function tooMany(): Reply {
  return { status: 400, body: { message: `request/query/limit must be <= ${MAX_LIMIT}` } };
}

export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' }).end(JSON.stringify(body));
}
