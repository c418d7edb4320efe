import { ownProperty } from '@mira/json';
import type { OutboundClient } from '@mira/outbound';
import type { N8nConnection } from '../integration.connection';
import { USER_AGENT } from '../user-agent';
import { workflowIdFault } from '../webhook-path';
import { type ExecutionStatus, isExecutionId, type N8nExecution, readExecution } from './execution';
import { failure, type N8nReply, replyOf } from './n8n.reply';

const KIBIBYTE = 1_024;
const MEBIBYTE = 1_024 * KIBIBYTE;
const TIMEOUT_MS = 10_000;
/** Of what has no data in it. All is read in one go, and nothing else happens in this process meanwhile. */
const MAX_BYTES = 2 * MEBIBYTE;
/** Of executions with their data, and of workflows, which may hold pinned data and long code. */
const MAX_DATA_BYTES = 4 * MEBIBYTE;
/** The most that n8n takes as `limit`. */
export const MAX_PAGE = 250;

/** A page of n8n's own; `nextCursor` is what it gave to go on with. */
export interface N8nPage<T> {
  readonly data: readonly T[];
  readonly nextCursor: string | null;
  /** Of the whole answer, so that the next page can be asked for in a size that fits. */
  readonly bytes: number;
}

export interface ExecutionSearch {
  readonly workflowId?: string;
  /** Those that the API takes. Without one it answers with all but those that run or wait at the moment. */
  readonly status?: Extract<ExecutionStatus, 'running' | 'waiting' | 'success' | 'error' | 'canceled'>;
  readonly includeData?: boolean;
  readonly limit: number;
  readonly cursor?: string | null;
  readonly timeoutMs?: number | undefined;
}

interface Within {
  readonly timeoutMs?: number | undefined;
}

/** What becomes of an execution that n8n runs once more. */
export type RetryReply =
  | { readonly kind: 'started'; readonly execution: N8nExecution }
  /** n8n answers when the new one has ended. This one has not, in the time that there was, or its answer is too large. */
  | { readonly kind: 'under_way' };

/**
 * All that Mira asks of n8n's public API, 1.x and 2.x. Every call goes out through the guarded client, within a time
 * and a size, and what comes back is told apart: nothing is thrown for what n8n says.
 */
export class N8nClient {
  constructor(private readonly outbound: OutboundClient) {}

  /** The workflow as n8n stores it; {@link findWebhookPath} reads it. */
  async workflow(connection: N8nConnection, id: string, { timeoutMs }: Within = {}): Promise<N8nReply<object>> {
    if (workflowIdFault(id) !== null) return failure('not_found', 'n8n has no workflow of this id.');
    return this.get(connection, `workflows/${id}`, { timeoutMs, maxBodyBytes: MAX_DATA_BYTES }, (json) =>
      Array.isArray(ownProperty(json, 'nodes')) && typeof json === 'object' ? json : null,
    );
  }

  async workflows(
    connection: N8nConnection,
    { limit, cursor, active }: { limit: number; cursor?: string | null; active?: boolean },
  ): Promise<N8nReply<N8nPage<object>>> {
    const query = queryOf({ limit, cursor, active, excludePinnedData: true });
    return this.get(connection, `workflows?${query}`, { maxBodyBytes: MAX_DATA_BYTES }, (json, bytes) =>
      pageIn(json, bytes, limit, (one) => (typeof one === 'object' ? one : null)),
    );
  }

  async execution(
    connection: N8nConnection,
    id: string,
    { includeData = false, timeoutMs }: Within & { includeData?: boolean } = {},
  ): Promise<N8nReply<N8nExecution>> {
    if (!isExecutionId(id)) return failure('not_found', 'n8n has no execution of this id.');
    const bounds = { timeoutMs, maxBodyBytes: includeData ? MAX_DATA_BYTES : MAX_BYTES };
    const reply = await this.get(connection, `executions/${id}?${queryOf({ includeData })}`, bounds, readExecution);
    // To 2.x an id that is no number is a mistake; to whoever asks, it is nobody's.
    return reply.kind === 'fault' && reply.status === 400 ? { ...reply, fault: 'not_found' } : reply;
  }

  /** Newest first. */
  async executions(connection: N8nConnection, search: ExecutionSearch): Promise<N8nReply<N8nPage<N8nExecution>>> {
    const { timeoutMs, ...asked } = search;
    const bounds = { timeoutMs, maxBodyBytes: asked.includeData === true ? MAX_DATA_BYTES : MAX_BYTES };
    return this.get(connection, `executions?${queryOf(asked)}`, bounds, (json, bytes) =>
      pageIn(json, bytes, asked.limit, readExecution),
    );
  }

  /** Has n8n run a failed execution once more, from the node that failed on, with the workflow as it was then. */
  async retryExecution(
    connection: N8nConnection,
    id: string,
    { timeoutMs = TIMEOUT_MS }: Within = {},
  ): Promise<N8nReply<RetryReply>> {
    if (connection.apiKey === null) return noApiKey();
    if (!isExecutionId(id)) return failure('not_found', 'n8n has no execution of this id.');
    const result = await this.outbound.send({
      method: 'POST',
      url: `${connection.baseUrl}/api/v1/executions/${id}/retry`,
      headers: { ...headersOf(connection.apiKey), 'content-type': 'application/json' },
      body: Buffer.from('{}'),
      timeoutMs,
      maxBodyBytes: MAX_BYTES,
    });
    const hasNotEnded = result.kind === 'timeout' || (result.kind === 'response' && result.truncated);
    if (hasNotEnded) return { kind: 'ok', value: { kind: 'under_way' }, date: null };
    return replyOf(result, (json) => {
      const execution = readExecution(json);
      return execution && { kind: 'started', execution };
    });
  }

  /** Whether it is up (`/healthz`), or up with its database migrated (`/healthz/readiness`). */
  async health(connection: N8nConnection, what: '/healthz' | '/healthz/readiness'): Promise<N8nReply<object>> {
    const result = await this.outbound.send({
      method: 'GET',
      url: connection.baseUrl + what,
      headers: { accept: 'application/json', 'user-agent': USER_AGENT },
      timeoutMs: TIMEOUT_MS,
    });
    return replyOf(result, (json) => (typeof json === 'object' ? json : null));
  }

  /**
   * The version, which n8n's API does not tell: older ones have it in the settings of their editor, newer ones only in
   * its page. Null where neither does.
   */
  async version(connection: N8nConnection): Promise<string | null> {
    for (const { path, find } of VERSION_PLACES) {
      const result = await this.outbound.send({
        method: 'GET',
        url: connection.baseUrl + path,
        headers: { accept: 'application/json, text/html', 'user-agent': USER_AGENT },
        timeoutMs: TIMEOUT_MS,
        maxBodyBytes: 256 * KIBIBYTE,
      });
      const version = result.kind === 'response' && result.status === 200 ? find(result.body.toString('utf8')) : null;
      if (version !== null) return version;
    }
    return null;
  }

  private async get<T>(
    connection: N8nConnection,
    what: string,
    { timeoutMs = TIMEOUT_MS, maxBodyBytes }: Within & { maxBodyBytes: number },
    read: (json: unknown, bytes: number) => T | null,
  ): Promise<N8nReply<T>> {
    if (connection.apiKey === null) return noApiKey();
    const result = await this.outbound.send({
      method: 'GET',
      url: `${connection.baseUrl}/api/v1/${what}`,
      headers: headersOf(connection.apiKey),
      timeoutMs,
      maxBodyBytes,
    });
    const bytes = result.kind === 'response' ? result.body.length : 0;
    return replyOf(result, (json) => read(json, bytes));
  }
}

function headersOf(apiKey: string): Record<string, string> {
  return { accept: 'application/json', 'user-agent': USER_AGENT, 'x-n8n-api-key': apiKey };
}

function noApiKey() {
  return failure('no_api_key', 'The integration has no n8n API key: make one in n8n (Settings, n8n API) and add it.');
}

function queryOf(values: Readonly<Record<string, string | number | boolean | null | undefined>>): string {
  const given = Object.entries(values).filter(([, value]) => value !== undefined && value !== null);
  return new URLSearchParams(Object.fromEntries(given.map(([name, value]) => [name, String(value)]))).toString();
}

/** Whatever calls itself n8n may send more than was asked for; the rest is not looked at. */
function pageIn<T>(json: unknown, bytes: number, limit: number, read: (one: unknown) => T | null): N8nPage<T> | null {
  const data = ownProperty(json, 'data');
  if (!Array.isArray(data)) return null;
  const nextCursor = ownProperty(json, 'nextCursor');
  return {
    data: data
      .slice(0, limit)
      .map(read)
      .filter((one) => one !== null),
    nextCursor: typeof nextCursor === 'string' && nextCursor !== '' ? nextCursor : null,
    bytes,
  };
}

const VERSION = /\d{1,4}\.\d{1,4}\.\d{1,4}(?:-[\w.]{1,30})?/;

const VERSION_PLACES: readonly { path: string; find: (text: string) => string | null }[] = [
  { path: '/rest/settings', find: (text) => new RegExp(`"versionCli":"(${VERSION.source})"`).exec(text)?.[1] ?? null },
  {
    path: '/',
    find: (text) => {
      // What the editor tells its error reports: base64 of JSON with `"release":"n8n@2.8.4"`.
      const [, content] = /<meta name="n8n:config:sentry" content="([\w+/=]{1,4000})"/.exec(text) ?? [];
      const config = Buffer.from(content ?? '', 'base64').toString('utf8');
      return new RegExp(`"release":"n8n@(${VERSION.source})"`).exec(config)?.[1] ?? null;
    },
  },
];
