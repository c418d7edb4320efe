import { ownProperty } from '@mira/json';
import { Injectable } from '@nestjs/common';
import type { N8nExecution } from '../../../n8n/client/execution';
import { MAX_PAGE } from '../../../n8n/client/n8n.client';
import type { Absence, Finding } from './confirmation';
import { lookOneByOne, lookThrough, startedAgoMs } from './execution.pages';
import type { OpenExecution } from './open-execution';
import type { QuestionRound } from './question.round';
import { shuffled } from './shuffled';

/** So few are asked for one by one: what a page of n8n's list would cost as well. */
const ONE_BY_ONE = 4;
/** Of those that no list has, for they wait or are gone. */
const MISSING_ONE_BY_ONE = 20;
/** Executions come with all that their nodes put out, so the first page of them is a small one. */
const FIRST_PAGE_WITH_DATA = 20;
/** So much earlier than its request, by a clock that is read to a second, nothing began that is of it. */
const SLACK_MS = 120_000;
const WAIT_NODE = 'n8n-nodes-base.wait';

type Found = Map<string, Finding>;

/**
 * Asks an n8n for executions, many with one call: those whose ids are known are looked for in its list, the others by
 * Mira's id of the delivery among what their workflow was sent.
 */
@Injectable()
export class ExecutionFinder {
  /** A finding for each, by the id of its delivery. All are of the n8n that the round asks. */
  async find(round: QuestionRound, open: readonly OpenExecution[]): Promise<Found> {
    const found: Found = new Map();
    const known = open.filter(({ executionId }) => executionId !== null);
    const strangers = await this.findKnown(round, known, found);
    const unknown = open.filter((one) => one.executionId === null || strangers.has(one.deliveryId));
    // In any order, so that a workflow of which the list takes too long is not before all others every time.
    for (const [workflowId, ofWorkflow] of shuffled([...Map.groupBy(unknown, (one) => one.workflowId)])) {
      await this.findUnknown(round, workflowId, ofWorkflow, found);
    }
    return found;
  }

  /** Returns those deliveries whose executions turned out to be somebody else's. */
  private async findKnown(
    round: QuestionRound,
    open: readonly OpenExecution[],
    found: Found,
  ): Promise<ReadonlySet<string>> {
    const byExecution = new Map(open.map((one) => [one.executionId, one]));
    const strangers = new Set<string>();
    const isOpen = ({ deliveryId }: OpenExecution) => !found.has(deliveryId) && !strangers.has(deliveryId);
    const take = (execution: N8nExecution, date: Date | null) => {
      const one = byExecution.get(execution.id);
      if (!one) return;
      if (isOf(execution, one, round, date)) found.set(one.deliveryId, { kind: 'found', execution });
      else strangers.add(one.deliveryId);
    };
    const settle = (finding: Finding) => settleAll(open.filter(isOpen), found, finding);
    if (open.length > ONE_BY_ONE) {
      const takeAll = ({ data }: { data: readonly N8nExecution[] }, date: Date | null) => {
        for (const execution of data) take(execution, date);
        return !open.some(isOpen);
      };
      const asked = { limit: MAX_PAGE, ...workflowOf(open) };
      let failure = await lookThrough(round, asked, open.length, takeAll);
      if (!failure && open.some(isOpen)) {
        failure = await lookThrough(round, { ...asked, status: 'running' }, open.length, takeAll);
      }
      if (failure) {
        settle(round.findingOf(failure));
        return strangers;
      }
    }
    // Any of them, so that each has its turn where there are too many.
    for (const one of shuffled(open.filter(isOpen)).slice(0, MISSING_ONE_BY_ONE)) {
      const reply = await round.execution(one.executionId ?? '');
      if (reply.kind === 'ok') take(reply.value, reply.date);
      else if (reply.fault === 'not_found') found.set(one.deliveryId, { kind: 'absent', why: 'gone' });
      else {
        settle(round.findingOf(reply));
        return strangers;
      }
    }
    settle({ kind: 'unasked', detail: 'there are many before it.' });
    return strangers;
  }

  private async findUnknown(
    round: QuestionRound,
    workflowId: string | null,
    open: readonly OpenExecution[],
    found: Found,
  ): Promise<void> {
    const oldestMs = Math.max(...open.map(({ ageMs }) => ageMs));
    const wanted = new Map(open.map((one) => [one.deliveryId, one]));
    const isOpen = ({ deliveryId }: OpenExecution) => !found.has(deliveryId);
    const settle = (finding: Finding) => settleAll(open.filter(isOpen), found, finding);
    const sinceMs = () => oldestMs + round.elapsedMs + SLACK_MS;
    let isAllSeen = false;
    const take = (
      { data, nextCursor }: { data: readonly N8nExecution[]; nextCursor: string | null },
      date: Date | null,
    ) => {
      for (const execution of data) {
        const one = wanted.get(execution.deliveryId ?? '');
        // The newest comes first, and counts: what is further down belongs to attempts before it.
        if (one && isOpen(one) && isOfAttempt(execution, one) && isOf(execution, one, round, date)) {
          found.set(one.deliveryId, { kind: 'found', execution });
        }
        if (startedAgoMs(execution, date) > sinceMs()) isAllSeen = true;
      }
      if (nextCursor === null) isAllSeen = true;
      return isAllSeen || !open.some(isOpen);
    };
    const asked = { limit: FIRST_PAGE_WITH_DATA, includeData: true, ...(workflowId !== null && { workflowId }) };
    let isSeen = true;
    for (const search of [asked, { ...asked, status: 'running' as const }]) {
      if (!open.some(isOpen)) return;
      isAllSeen = false;
      let failure = await lookThrough(round, search, open.length, take);
      const isTooLarge = failure?.fault === 'too_large';
      if (isTooLarge) failure = await lookOneByOne(round, search, sinceMs(), take);
      if (failure) return settle(round.findingOf(failure));
      isSeen &&= !isTooLarge && (isAllSeen || search !== asked);
    }
    if (!open.some(isOpen)) return;
    settle(
      isSeen
        ? { kind: 'absent', why: await this.whyAbsent(round, workflowId) }
        : { kind: 'unasked', detail: 'n8n has run too many others since, or too large ones, to look through.' },
    );
  }

  private async whyAbsent(round: QuestionRound, workflowId: string | null): Promise<Absence> {
    if (workflowId === null) return 'none_started';
    const reply = await round.workflow(workflowId);
    if (reply.kind === 'fault') return 'none_started';
    const settings = ownProperty(reply.value, 'settings');
    if (ownProperty(settings, 'saveDataSuccessExecution') === 'none') return 'unsaved';
    const nodes = ownProperty(reply.value, 'nodes');
    const waits = Array.isArray(nodes) && nodes.some((node) => ownProperty(node, 'type') === WAIT_NODE);
    return waits ? 'may_wait' : 'none_started';
  }
}

/**
 * Whether an execution can be of a delivery: of the workflow that took it, and not from before. n8n counts anew after a
 * fresh start, so that an id may be somebody else's. One that n8n itself made of another is what n8n says it is.
 */
function isOf(execution: N8nExecution, one: OpenExecution, round: QuestionRound, date: Date | null): boolean {
  const { workflowId } = execution;
  if (one.workflowId !== null && workflowId !== null && workflowId !== one.workflowId) return false;
  return one.retriesMade > 0 || startedAgoMs(execution, date) <= one.ageMs + round.elapsedMs + SLACK_MS;
}

/** A retry repeats the request of the execution before it, which is the one that is looked for. */
function isOfAttempt({ id, retryOf, attempt }: N8nExecution, one: OpenExecution): boolean {
  return retryOf === null && (attempt === null || attempt === one.attempt) && !one.earlier.includes(id);
}

function settleAll(open: readonly OpenExecution[], found: Found, finding: Finding): void {
  for (const { deliveryId } of open) found.set(deliveryId, finding);
}

/** Narrows the list where all are of one workflow. */
export function workflowOf(open: readonly OpenExecution[]): { workflowId?: string } {
  const workflows = new Set(open.map(({ workflowId }) => workflowId));
  const [only] = workflows;
  return workflows.size === 1 && typeof only === 'string' ? { workflowId: only } : {};
}
