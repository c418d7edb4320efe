import type { N8nExecution } from '../../../n8n/client/execution';
import { ABSENT_AFTER_MS, confirmationDelayMs, GIVE_UP_AFTER_MS, REFUSED_AFTER_MS } from './confirmation.schedule';

/** What n8n was found to know of a delivery. */
export type Finding =
  | { readonly kind: 'found'; readonly execution: N8nExecution }
  /** n8n tells of its executions, and this one is not among them. */
  | { readonly kind: 'absent'; readonly why: Absence }
  /** There was no telling this time: n8n is away, or there was too much to look through. */
  | { readonly kind: 'unasked'; readonly detail: string }
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
