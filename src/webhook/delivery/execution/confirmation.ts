import type { N8nExecution } from '../../../n8n/client/execution';
import {
  ABSENT_AFTER_MS,
  confirmationDelayMs,
  GIVE_UP_AFTER_MS,
  PUT_BACK_MS,
  REFUSED_AFTER_MS,
  RETRY_LOOK_MS,
} from './confirmation.schedule';

/** What n8n was found to know of a delivery. */
export type Finding =
  | { readonly kind: 'found'; readonly execution: N8nExecution }
  /** n8n tells of its executions, and this one is not among them. */
  | { readonly kind: 'absent'; readonly why: Absence }
  /** There was no telling this time: n8n is away, or there was too much to look through. */
  | { readonly kind: 'unasked'; readonly detail: string }
  /** Its turn did not come: others took all the time that there was. */
  | { readonly kind: 'put_back' }
  /** n8n will not tell: the key is wrong or lacks a scope. */
  | { readonly kind: 'refused'; readonly detail: string };

/** `unsaved`: the workflow keeps nothing of what succeeds; `may_wait`: it has a Wait node, and n8n lists none that wait. */
export type Absence = 'none_started' | 'unsaved' | 'may_wait' | 'gone';

/** Where a delivery stands after n8n was asked. */
export type Confirmation =
  | {
      readonly kind: 'open';
      readonly status: 'accepted' | 'running';
      readonly inMs: number;
      readonly reason: string | null;
    }
  | { readonly kind: 'ended'; readonly status: 'succeeded' | 'failed' | 'unknown'; readonly reason: string | null };

export interface Asked {
  /** How often it was asked, this time included. */
  readonly count: number;
  /** Since the request was sent, in milliseconds. */
  readonly ageMs: number;
  readonly status: 'accepted' | 'running';
}

/** Decides what was found means. Nothing here touches the world. */
export function confirmationOf(finding: Finding, asked: Asked): Confirmation {
  switch (finding.kind) {
    case 'found':
      return confirmationOfExecution(finding.execution, asked);
    case 'absent':
      return confirmationOfAbsence(finding.why, asked);
    case 'unasked':
      return later(asked, asked.status, `It is not known yet: ${finding.detail}`, GIVE_UP_AFTER_MS);
    case 'put_back': {
      const then = later(asked, asked.status, 'It is not known yet: there was no time to ask.', GIVE_UP_AFTER_MS);
      return then.kind === 'open' ? { ...then, inMs: PUT_BACK_MS } : then;
    }
    case 'refused':
      return later(asked, asked.status, `It cannot be known: ${finding.detail}`, REFUSED_AFTER_MS);
  }
}

function confirmationOfExecution({ status, error }: N8nExecution, asked: Asked): Confirmation {
  switch (status) {
    case 'success':
      return { kind: 'ended', status: 'succeeded', reason: null };
    case 'error':
      return { kind: 'ended', status: 'failed', reason: error ?? 'The execution failed; n8n does not say with what.' };
    case 'crashed':
      return {
        kind: 'ended',
        status: 'failed',
        reason: error ?? 'The execution crashed: n8n stopped or ran out of memory.',
      };
    case 'canceled':
      return { kind: 'ended', status: 'failed', reason: error ?? 'The execution was stopped in n8n before its end.' };
    case 'waiting':
      return later(asked, 'running', 'The execution waits in n8n.', GIVE_UP_AFTER_MS);
    case 'new':
    case 'running':
      return later(asked, 'running', null, GIVE_UP_AFTER_MS);
    case 'unknown':
      return later(asked, 'running', 'n8n does not know how the execution stands.', GIVE_UP_AFTER_MS);
  }
}

const ABSENCES: Readonly<Record<Absence, string>> = {
  none_started:
    'n8n took it, but has no execution of it: a filter of its Webhook node may have swallowed it, or n8n lost it.',
  unsaved:
    'n8n took it, but the workflow keeps no executions that succeed, so it cannot be told from one that never ran: have n8n save them.',
  may_wait:
    'n8n took it, but lists no execution of it; one that waits is not listed. Have the workflow answer with its execution id.',
  gone: 'n8n has the execution no more: it was deleted, or the workflow keeps none that succeed.',
};

/** One that may be asleep is waited for as long as one that runs. */
function confirmationOfAbsence(why: Absence, asked: Asked): Confirmation {
  const reason = ABSENCES[why];
  return later(asked, asked.status, reason, why === 'may_wait' ? GIVE_UP_AFTER_MS : ABSENT_AFTER_MS);
}

function later(
  { count, ageMs }: Asked,
  status: 'accepted' | 'running',
  reason: string | null,
  untilMs: number,
): Confirmation {
  if (ageMs < untilMs) return { kind: 'open', status, inMs: confirmationDelayMs(count, ageMs), reason };
  const days = untilMs === GIVE_UP_AFTER_MS ? ' After a day, Mira asks no more.' : '';
  return { kind: 'ended', status: 'unknown', reason: `${reason ?? 'The execution still runs.'}${days}` };
}

/** Why n8n does not run a failed execution once more, or not yet. */
export type NotRepeated =
  | Exclude<Finding, { kind: 'found' | 'absent' }>
  /** n8n was told to, and there is nothing to be seen of it. `forMs`: since then. */
  | { readonly kind: 'unseen'; readonly forMs: number }
  /** n8n says no, and why. */
  | { readonly kind: 'will_not'; readonly detail: string };

/** Where a failed delivery stands that was to run once more; `inMs` is null where it is not to any more. */
export interface Repetition {
  readonly reason: string | null;
  readonly inMs: number | null;
}

/** As patient as with those that run. `count` and `sinceMs`: how often, and since when, it was tried. */
export function repetitionOf(why: NotRepeated, { count, sinceMs }: { count: number; sinceMs: number }): Repetition {
  switch (why.kind) {
    case 'will_not':
      return { inMs: null, reason: `It failed, and n8n will not run it once more: ${why.detail}` };
    case 'put_back':
      return { inMs: PUT_BACK_MS, reason: null };
    case 'unseen':
      return repetitionUntil(ABSENT_AFTER_MS, 'n8n was told so, and shows no new execution.', count, why.forMs);
    case 'unasked':
      return repetitionUntil(GIVE_UP_AFTER_MS, why.detail, count, sinceMs);
    case 'refused':
      return repetitionUntil(REFUSED_AFTER_MS, why.detail, count, sinceMs);
  }
}

function repetitionUntil(endMs: number, detail: string, count: number, forMs: number): Repetition {
  if (forMs >= endMs) return { inMs: null, reason: `It failed, and was to run once more, but did not: ${detail}` };
  const inMs = Math.max(RETRY_LOOK_MS, confirmationDelayMs(count, forMs));
  return { inMs, reason: `It failed, and is to run once more. ${detail}` };
}
