import { ownProperty, parseJson } from '@mira/json';
import type { OutboundResult } from '@mira/outbound';
import type { WorkflowAddressFault } from '../../../n8n/workflow-address';
import type { AttemptResult } from './outcome';

/** How a receiver bore a request: it answered for itself, or was too slow, too busy or broken. */
export type Bearing = 'well' | 'strained';

type Response = Extract<OutboundResult, { kind: 'response' }>;
type ConnectionFailed = Extract<OutboundResult, { kind: 'connection_failed' }>;

/** A connection that was made and then ended by the other side: it died, or the request was what it disliked. */
const BROKEN: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']);
/** Codes of what did come to an answer, or to a request that cannot be sent: no sign that nobody is there. */
const NOT_AWAY = /^(HPE_|TOO_MANY_INTERIM_ANSWERS|UND_ERR_HEADERS_OVERFLOW|UND_ERR_INVALID_ARG|UNKNOWN)/;

/**
 * What an answer says of the receiver's strength. A workflow that fails while its caller waits for it is answered by
 * n8n with a 500 of its own, which says nothing of n8n.
 */
export function bearingOf({ status, body }: Response): Bearing | null {
  if (status === 500 && ownProperty(parseJson(body.toString('utf8')), 'message') === 'Error in workflow') return null;
  return status >= 500 || status === 429 ? 'strained' : 'well';
}

/** What a connection means that gave no whole answer. */
export function resultOfConnection({ code, detail, status }: ConnectionFailed): AttemptResult {
  if (status !== null || NOT_AWAY.test(code)) return { kind: 'failed', detail, retryAfter: null };
  const hold = { kind: 'hold', reason: 'unreachable', scope: 'integration', detail } as const;
  return BROKEN.has(code) ? { ...hold, maybeItself: true } : hold;
}

/** What it means that a workflow has no address to be called at. */
export function resultOfFault({ fault, detail, permanent }: WorkflowAddressFault): AttemptResult {
  switch (fault) {
    case 'inactive':
      return { kind: 'hold', reason: 'not_registered', scope: 'route', detail };
    case 'starting':
    case 'unreachable':
      return { kind: 'hold', reason: fault, scope: 'integration', detail };
    case 'silent':
    case 'unreadable':
    case 'no_api_key':
    case 'workflow_unknown':
    case 'no_webhook_node':
    case 'wrong_method':
    case 'unauthorized':
    case 'refused_address':
      return permanent ? { kind: 'rejected', detail } : { kind: 'failed', detail, retryAfter: null };
  }
}
