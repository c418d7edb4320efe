import type { ProblemCode } from '@mira/problem';

/**
 * What became of a request to a receiving route, as the counters tell them apart:
 * `accepted` is committed (202), `answered` any other 2xx (a duplicate, a handshake), `failed` is the gateway's
 * own fault (5xx, but not a loop of its clients), and `rejected` whatever the sender did wrong that has no name of its own here.
 */
export const WEBHOOK_OUTCOMES = [
  'accepted',
  'answered',
  'rate_limited',
  'quota_exceeded',
  'invalid_signature',
  'rejected',
  'failed',
] as const;

export type WebhookOutcome = (typeof WEBHOOK_OUTCOMES)[number];

/** The outcome that an answer amounts to, by its status and by the problem in it. */
export function outcomeOf(status: number, problem?: ProblemCode): WebhookOutcome {
  if (problem === 'loop-detected') return 'rejected';
  if (status >= 500) return 'failed';
  if (status < 400) return status === 202 ? 'accepted' : 'answered';
  if (problem === 'rate-limit-exceeded') return 'rate_limited';
  if (problem === 'quota-exceeded') return 'quota_exceeded';
  if (problem === 'invalid-signature') return 'invalid_signature';
  return 'rejected';
}
