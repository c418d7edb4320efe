import { ownProperty, parseJson } from '@mira/json';
import type { OutboundResult } from '@mira/outbound';
import { isRouteMissing, isStartingUp } from '../n8n.answer';

/** Why n8n's public API gave no answer that can be used. */
export type N8nFault =
  /** The integration has no API key. */
  | 'no_api_key'
  /** The key is wrong, or was deleted or ran out. */
  | 'unauthorized'
  /** The key is good, but lacks the scope for this call. */
  | 'forbidden'
  | 'not_found'
  /** n8n will not do this, and says why: 400 or 409. */
  | 'refused'
  /** It is starting or migrating: some of it answers already. */
  | 'starting'
  | 'unreachable'
  /** No answer came in time. */
  | 'silent'
  /** Too many requests, or an error of its own. */
  | 'overloaded'
  | 'refused_address'
  /** More bytes than Mira reads. */
  | 'too_large'
  /** Whatever answers there is not n8n's API. */
  | 'not_the_api';

export interface N8nFailure {
  readonly kind: 'fault';
  readonly fault: N8nFault;
  /** A sentence that says what to change, or what n8n said. */
  readonly detail: string;
  /** The status of the answer, where there was one. */
  readonly status: number | null;
}

/** What n8n's API said to one call. `date` is n8n's own clock when it answered, to a second. */
export type N8nReply<T> = { readonly kind: 'ok'; readonly value: T; readonly date: Date | null } | N8nFailure;

type HttpResponse = Extract<OutboundResult, { kind: 'response' }>;

const MAX_MESSAGE_LENGTH = 300;

/** Reads what came back from a call. `read` makes a value of the JSON, and null of what is not what was asked for. */
export function replyOf<T>(result: OutboundResult, read: (json: unknown) => T | null): N8nReply<T> {
  switch (result.kind) {
    case 'refused_address':
      return failure('refused_address', result.detail, null);
    case 'timeout':
      return failure('silent', result.detail, result.status);
    case 'connection_failed':
      return failure('unreachable', result.detail, result.status);
    case 'response':
      return replyOfResponse(result, read);
  }
}

export function failure(fault: N8nFault, detail: string, status: number | null = null): N8nFailure {
  return { kind: 'fault', fault, detail, status };
}

function replyOfResponse<T>(response: HttpResponse, read: (json: unknown) => T | null): N8nReply<T> {
  const { status, body, truncated } = response;
  const text = body.toString('utf8');
  if (isStartingUp(status, text)) return failure('starting', 'n8n is starting up.', status);
  if (status === 200) {
    if (truncated) {
      const size = `${Math.round(body.length / 1_048_576)} MiB`;
      return failure('too_large', `n8n's answer is larger than ${size}, which is all that Mira reads of one.`, status);
    }
    const value = read(parseJson(text));
    return value === null ? notTheApi(status) : { kind: 'ok', value, date: dateOf(response) };
  }
  return failureOf(status, text);
}

function failureOf(status: number, text: string): N8nFailure {
  const json = parseJson(text);
  const message = messageIn(json);
  switch (status) {
    case 401:
      return failure(
        'unauthorized',
        'n8n does not accept the API key of the integration: give it a valid one.',
        status,
      );
    case 403:
      return failure('forbidden', "The integration's API key lacks the scope for this in n8n: widen it there.", status);
    case 404:
      if (isRouteMissing(text)) return failure('starting', `n8n is starting: ${NOT_YET}`, status);
      // A 404 that is not JSON comes from something before the API: a proxy, or another server.
      return typeof json === 'object'
        ? failure('not_found', message ?? 'n8n knows no such thing.', status)
        : notTheApi(status);
    case 400:
    case 409:
      return failure('refused', message ?? `n8n answered ${status}.`, status);
    case 408:
    case 425:
    case 429:
      return failure('overloaded', `n8n answered ${status}: it has too much to do.`, status);
    case 502:
    case 503:
    case 504:
      return failure('unreachable', `n8n is not there: what stands before it answered ${status}.`, status);
    default:
      return status >= 500 ? failure('overloaded', `n8n answered ${status}.`, status) : notTheApi(status);
  }
}

const NOT_YET = `its API is not there yet. If this lasts, the base URL is not n8n's.`;

function notTheApi(status: number): N8nFailure {
  const detail = `n8n's API answered ${status} and not what was asked for: the base URL of the integration is not n8n's.`;
  return failure('not_the_api', detail, status);
}

/** n8n's own words, in one line of bounded length. */
function messageIn(json: unknown): string | null {
  const message = ownProperty(json, 'message');
  if (typeof message !== 'string' || message === '') return null;
  return oneLine(message, MAX_MESSAGE_LENGTH);
}

/** Somebody else's words, in one line of bounded length and whole characters. */
export function oneLine(text: string, maxLength: number): string {
  const start = text.length > maxLength ? `${text.slice(0, maxLength - 1)}…` : text;
  return start
    .toWellFormed()
    .replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
    .trim();
}

function dateOf({ headers }: HttpResponse): Date | null {
  const date = new Date(headers['date'] ?? '');
  return Number.isNaN(date.getTime()) ? null : date;
}
