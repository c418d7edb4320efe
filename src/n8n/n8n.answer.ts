import { ownProperty, parseJson } from '@mira/json';
import type { OutboundResult } from '@mira/outbound';

type HttpAnswer = Pick<Extract<OutboundResult, { kind: 'response' }>, 'status' | 'headers' | 'body'>;

/**
 * What an answer of a production webhook says beyond its status. `other`: nothing, the status speaks for itself.
 * `detail` is a sentence for people.
 */
export type N8nAnswer =
  | { readonly kind: 'ok'; readonly executionId?: string }
  /** n8n does not know this webhook (now), or not for POST. */
  | { readonly kind: 'not_registered'; readonly cause: 'path' | 'method'; readonly detail: string }
  | { readonly kind: 'starting'; readonly detail: string }
  /** The Webhook node asks for credentials. */
  | { readonly kind: 'unauthorized'; readonly detail: string }
  | { readonly kind: 'other' };

const EXECUTION_ID = /^[A-Za-z0-9_-]{1,64}$/;
const STARTING = 'n8n is starting up: it answers, but takes no webhooks yet.';

/** Reads an answer of n8n 1.x or 2.x to a POST on a production webhook. Takes the start of a body where it is longer. */
export function classifyN8nAnswer({ status, body }: HttpAnswer): N8nAnswer {
  const text = body.toString('utf8');
  if (isStartingUp(status, text)) return { kind: 'starting', detail: STARTING };
  if (status >= 200 && status < 300) return accepted(parseJson(text));
  if (status === 401 || status === 403) return { kind: 'unauthorized', detail: unauthorized(status) };
  if (status !== 404) return { kind: 'other' };
  if (isRouteMissing(text)) {
    const doubt = 'If this lasts, the base URL of the integration does not lead to n8n.';
    return { kind: 'starting', detail: `${STARTING} ${doubt}` };
  }
  return notRegistered(parseJson(text));
}

/** While it migrates its database, n8n answers every request with this text, and a success. */
export function isStartingUp(status: number, text: string): boolean {
  return status === 200 && /^n8n is starting up\b/i.test(text.trimStart());
}

/** Express's own 404. For seconds after n8n reports that it is ready, its webhook and API routes do not exist yet. */
export function isRouteMissing(text: string): boolean {
  return /<pre>Cannot (?:GET|POST) \//.test(text);
}

function unauthorized(status: number): string {
  const what = `The webhook answered ${status}: it asks for credentials, and Mira sends none.`;
  return `${what} Set the authentication of its node to None; that it was Mira who called can be told by the signature.`;
}

/** The id is there if the workflow answers with it: in an object, or in the first of several. */
function accepted(answer: unknown): N8nAnswer {
  const item: unknown = Array.isArray(answer) ? answer[0] : answer;
  const id = ownProperty(item, 'execution_id') ?? ownProperty(item, 'executionId');
  const executionId = typeof id === 'number' ? String(id) : id;
  if (typeof executionId !== 'string' || !EXECUTION_ID.test(executionId)) return { kind: 'ok' };
  return { kind: 'ok', executionId };
}

function notRegistered(answer: unknown): N8nAnswer {
  const message = ownProperty(answer, 'message');
  if (ownProperty(answer, 'code') !== 404 || typeof message !== 'string') return { kind: 'other' };
  if (!/\bis not registered\b/.test(message)) return { kind: 'other' };
  const [, methods] = /Did you mean to make an? ([A-Z, or]{1,60}) request\?/.exec(message) ?? [];
  if (methods !== undefined) {
    const detail = `n8n has this webhook for ${methods} only, but Mira sends POST: set the method of its node to POST.`;
    return { kind: 'not_registered', cause: 'method', detail };
  }
  const detail = 'n8n has no webhook at this path: the workflow is not active, or n8n has just started.';
  return { kind: 'not_registered', cause: 'path', detail };
}
