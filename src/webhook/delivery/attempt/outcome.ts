import type { HoldReason, HoldScope } from '../hold/hold-reason';
import type { DeadCause } from './dead-cause';
import type { RetryPolicy } from './retry-schedule';
import { nextAttemptAt } from './retry-schedule';

/** A receiver that says no to the request itself is asked this often before its word is taken. */
const MAX_REJECTIONS = 3;
/** So often a connection may break during an attempt of one delivery before that may be the delivery's own doing. */
const MAX_BREAKS = 10;

/** A reason is a sentence or two, whoever wrote it; it is stored, logged and shown. In characters. */
const MAX_REASON_LENGTH = 500;

/** n8n took it, and runs it or not: the id is known where its answer told it, and the rest where it can be asked. */
export interface AcceptedExecution {
  readonly id: string | null;
  readonly canBeAskedFor: boolean;
  /** Who took it: its route may lead elsewhere by the time that it is asked. */
  readonly integrationId: string;
  /** Null where the route names a path. */
  readonly workflowId: string | null;
}

/** What came back from one attempt, whatever carried it there. */
export type AttemptResult =
  | { readonly kind: 'done'; readonly detail?: string; readonly execution?: AcceptedExecution }
  /** The receiver never wants it: 410, 508, or an agent that says so. */
  | { readonly kind: 'gone'; readonly detail: string; readonly cause?: DeadCause }
  /** The receiver says no to this request; it may have been a slip of its configuration, so it is asked again. */
  | { readonly kind: 'rejected'; readonly detail: string }
  /** It did not work this time. */
  | { readonly kind: 'failed'; readonly detail: string; readonly retryAfter: Date | null }
  /** The receiver takes nothing now, whatever it is: more attempts would be wasted. */
  | HoldResult;

export interface HoldResult {
  readonly kind: 'hold';
  readonly reason: HoldReason;
  readonly scope: HoldScope;
  readonly detail: string;
  /** The connection broke while this was sent: it may, after all, be what broke it. */
  readonly maybeItself?: boolean;
}

/** What became of one attempt. The recorder turns it into rows; nothing here touches the world. */
export type Outcome =
  | { readonly kind: 'delivered'; readonly reason: string | null; readonly execution?: AcceptedExecution }
  | { readonly kind: 'retry'; readonly at: Date; readonly reason: string; readonly rejected: boolean }
  /** It waits until the receiver is well again, and has used up nothing. */
  | {
      readonly kind: 'held';
      readonly reason: string;
      readonly rejected: false;
      readonly heldFor: HoldReason;
      readonly scope: HoldScope;
    }
  | { readonly kind: 'dead'; readonly cause: DeadCause; readonly reason: string; readonly rejected: boolean };

export interface AttemptHistory {
  /** Of the attempt that just ended; 1 for the first. */
  readonly number: number;
  readonly endedAt: Date;
  /** Rejections before this attempt. */
  readonly rejections: number;
  /** Attempts before this one that ended in a hold: they have no place in the schedule. */
  readonly held: number;
}

/** Decides what an attempt's result means for its delivery. */
export function outcomeOf(
  result: AttemptResult,
  history: AttemptHistory,
  policy: RetryPolicy,
  random: () => number,
): Outcome {
  switch (result.kind) {
    case 'done':
      return {
        kind: 'delivered',
        reason: result.detail === undefined ? null : reasonOf(result.detail),
        ...(result.execution && { execution: result.execution }),
      };
    case 'gone':
      return { kind: 'dead', cause: result.cause ?? 'gone', reason: reasonOf(result.detail), rejected: false };
    case 'rejected':
      if (history.rejections + 1 >= MAX_REJECTIONS) {
        return { kind: 'dead', cause: 'rejected', reason: reasonOf(result.detail), rejected: true };
      }
      return retryOrGiveUp(result.detail, null, true, history, policy, random);
    case 'failed':
      return retryOrGiveUp(result.detail, result.retryAfter, false, history, policy, random);
    case 'hold': {
      const { reason: heldFor, scope, detail, maybeItself = false } = result;
      if (maybeItself && history.held >= MAX_BREAKS) return retryOrGiveUp(detail, null, false, history, policy, random);
      return { kind: 'held', reason: reasonOf(detail), rejected: false, heldFor, scope };
    }
  }
}

function retryOrGiveUp(
  detail: string,
  retryAfter: Date | null,
  rejected: boolean,
  history: AttemptHistory,
  policy: RetryPolicy,
  random: () => number,
): Outcome {
  const { number, held, endedAt } = history;
  const at = nextAttemptAt(policy, { number: number - held, endedAt, retryAfter }, random);
  if (at) return { kind: 'retry', at, reason: reasonOf(detail), rejected };
  return {
    kind: 'dead',
    cause: 'exhausted',
    reason: reasonOf(`No attempt is left. The last one: ${detail}`),
    rejected,
  };
}

/** One line of bounded length, for a detail may hold words of a receiver or of an agent. */
export function reasonOf(detail: string): string {
  const isLong = detail.length > MAX_REASON_LENGTH;
  const start = isLong ? `${detail.slice(0, MAX_REASON_LENGTH - 1)}…` : detail;
  return start.toWellFormed().replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ');
}

/** 4xx answers that speak of the moment and not of the request. */
const PASSING_CLIENT_ERRORS: ReadonlySet<number> = new Set([408, 409, 425, 429]);

/** The meaning of an HTTP status, where the receiver is known to say nothing finer. */
export function resultOfStatus(status: number, retryAfter: Date | null): AttemptResult {
  if (status >= 200 && status < 300) return { kind: 'done' };
  // Mira itself answers so to what it has sent round in a circle; once more round would change nothing.
  if (status === 508) {
    return { kind: 'gone', cause: 'loop', detail: 'The receiver answered 508: the delivery is going in a circle.' };
  }
  if (status === 410) return { kind: 'gone', detail: 'The receiver answered 410: it is gone for good.' };
  if (status >= 400 && status < 500 && !PASSING_CLIENT_ERRORS.has(status)) {
    return { kind: 'rejected', detail: `The receiver answered ${status}.` };
  }
  if (status >= 300 && status < 400) {
    const detail = `The receiver answered ${status}; redirects are not followed, so give its final address.`;
    return { kind: 'failed', detail, retryAfter };
  }
  return { kind: 'failed', detail: `The receiver answered ${status}.`, retryAfter };
}
