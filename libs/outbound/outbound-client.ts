import { Agent, type Dispatcher } from 'undici';
import type { AddressPolicy } from './address-policy';
import { checkUrl, InvalidUrl } from './check-url';
import { connectionFailure } from './connection-failure';
import { AddressRefused, guardedConnector, type Resolve } from './guarded-connector';
import type { OutboundRequest, OutboundResult } from './outbound-result';
import { readStart } from './read-start';

export interface OutboundClientOptions {
  /** Connections to one origin (scheme, host and port) at a time, 64 if not given. Further requests wait. */
  readonly connectionsPerOrigin?: number;
  /** How long an unused connection is kept, in milliseconds; 4,000 if not given. */
  readonly keepAliveMs?: number;
  /** Milliseconds to make a connection, name and TLS included; 10,000 if not given. `timeoutMs` may end it sooner. */
  readonly connectTimeoutMs?: number;
  /** The most bytes of response headers, 16 KiB if not given. */
  readonly maxHeaderBytes?: number;
  /** How names become addresses; the system's resolver if not given. */
  readonly resolve?: Resolve;
}

const DEFAULT_MAX_BODY_BYTES = 4_096;
/** Interim answers (1xx) that are borne with; none that is honest sends more. */
const MAX_INTERIM_ANSWERS = 16;
/** Fields of the connection: HTTP's own, or what the length of the body says. */
const CONNECTION_FIELDS = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'http2-settings',
  'keep-alive',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** The time of a request is over. Only ever seen as an abort's reason. */
class DeadlinePassed extends Error {}
class TooManyInterimAnswers extends Error {
  readonly code = 'TOO_MANY_INTERIM_ANSWERS';
}

/**
 * Sends HTTP requests to addresses that tenants gave, and survives what may answer there: each request has one
 * deadline for everything, of the answer only headers of a bounded size and the start of the body are kept, and
 * connections are made only where the {@link AddressPolicy} allows. Redirects are not followed: an answer is an answer.
 */
export class OutboundClient {
  private readonly agent: Agent;
  private readonly underWay = new Set<Promise<OutboundResult>>();
  private closed = false;

  constructor(
    private readonly policy: AddressPolicy,
    options: OutboundClientOptions = {},
  ) {
    const connectTimeoutMs = options.connectTimeoutMs ?? 10_000;
    this.agent = new Agent({
      connect: guardedConnector(policy, {
        connectTimeoutMs,
        ...(options.resolve && { resolve: options.resolve }),
      }),
      connections: options.connectionsPerOrigin ?? 64,
      pipelining: 1,
      keepAliveTimeout: options.keepAliveMs ?? 4_000,
      keepAliveMaxTimeout: 60_000,
      maxHeaderSize: options.maxHeaderBytes ?? 16 * 1_024,
      // The deadline of each request takes the place of undici's own two.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
  }

  /**
   * Sends one request, once, and says what became of it. Rejects only with the reason of `request.signal`, and when
   * the client is closed.
   */
  async send(request: OutboundRequest): Promise<OutboundResult> {
    request.signal?.throwIfAborted();
    if (this.closed) throw new Error('The outbound client is closed');
    const sending = this.sendWithin(request);
    this.underWay.add(sending);
    try {
      return await sending;
    } finally {
      this.underWay.delete(sending);
    }
  }

  /**
   * Takes no more requests, and closes all connections when those under way have finished, each within its deadline;
   * what is not finished after `waitMs` milliseconds, if given, is cut off and ends as `connection_failed`.
   */
  async close(waitMs?: number): Promise<void> {
    this.closed = true;
    const finished = Promise.allSettled(this.underWay);
    if (waitMs === undefined) await finished;
    else await withinMs(waitMs, finished);
    await this.agent.destroy();
  }

  private async sendWithin(request: OutboundRequest): Promise<OutboundResult> {
    const startedAtMs = performance.now();
    const progress: Progress = { status: null };
    const abort = new AbortController();
    const onAbort = () => abort.abort(request.signal?.reason);
    request.signal?.addEventListener('abort', onAbort, { once: true });
    const deadline = setTimeout(() => abort.abort(new DeadlinePassed()), request.timeoutMs);
    const durationMs = () => Math.round(performance.now() - startedAtMs);
    try {
      const url = checkUrl(String(request.url), this.policy);
      const response = await this.exchange(url, request, abort, progress);
      return { kind: 'response', ...response, durationMs: durationMs() };
    } catch (error) {
      if (request.signal?.aborted && error === request.signal.reason) throw error;
      return failure(error, request, progress, durationMs());
    } finally {
      clearTimeout(deadline);
      request.signal?.removeEventListener('abort', onAbort);
    }
  }

  private async exchange(url: URL, request: OutboundRequest, abort: AbortController, progress: Progress) {
    const { statusCode, headers, body } = await orAborted(abort.signal, this.dispatch(url, request, abort));
    progress.status = statusCode;
    const start = await readStart(body, request.maxBodyBytes ?? DEFAULT_MAX_BODY_BYTES);
    return { status: statusCode, headers: flat(headers), ...start };
  }

  private dispatch(url: URL, request: OutboundRequest, abort: AbortController): Promise<Dispatcher.ResponseData> {
    let interimAnswers = 0;
    return this.agent.request({
      origin: url.origin,
      path: url.pathname + url.search,
      method: request.method,
      headers: { ...withoutConnectionFields(request.headers), 'accept-encoding': 'identity' },
      body: request.body ?? null,
      signal: abort.signal,
      onInfo: () => {
        interimAnswers += 1;
        if (interimAnswers > MAX_INTERIM_ANSWERS) abort.abort(new TooManyInterimAnswers());
      },
    });
  }
}

/** How far a request has come: for what is said of it when it fails. */
interface Progress {
  status: number | null;
}

function failure(error: unknown, request: OutboundRequest, { status }: Progress, durationMs: number): OutboundResult {
  if (error instanceof InvalidUrl || error instanceof AddressRefused) {
    return { kind: 'refused_address', detail: error.message, durationMs };
  }
  if (error instanceof DeadlinePassed) {
    const what = status === null ? 'There was no answer' : 'The answer did not end';
    return { kind: 'timeout', detail: `${what} within ${request.timeoutMs} ms.`, status, durationMs };
  }
  const { code, detail } = connectionFailure(error);
  if (code === 'UND_ERR_CONNECT_TIMEOUT') return { kind: 'timeout', detail, status, durationMs };
  return { kind: 'connection_failed', code, detail, status, durationMs };
}

/** Undici leaves a request waiting whose connection is still being made when it is aborted: this does not. */
async function orAborted<T>(signal: AbortSignal, promise: Promise<T>): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const onAbort = () => aborted.reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

async function withinMs(ms: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  await Promise.race([work, new Promise((over) => (timer = setTimeout(over, ms)))]);
  clearTimeout(timer);
}

function withoutConnectionFields(headers: Readonly<Record<string, string>>): Record<string, string> {
  const kept = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const);
  return Object.fromEntries(kept.filter(([name]) => !CONNECTION_FIELDS.has(name)));
}

function flat(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  const entries = Object.entries(headers).map(([name, value]) => [name, [value ?? ''].flat().join(', ')] as const);
  return Object.fromEntries(entries);
}
