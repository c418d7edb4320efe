import { Injectable } from '@nestjs/common';
import type { N8nExecution } from '../../../n8n/client/execution';
import { MAX_PAGE } from '../../../n8n/client/n8n.client';
import type { N8nFailure } from '../../../n8n/client/n8n.reply';
import type { NotRepeated } from './confirmation';
import { workflowOf } from './execution.finder';
import { lookThrough, startedAgoMs } from './execution.pages';
import type { OpenExecution } from './open-execution';
import type { QuestionRound } from './question.round';

/** What became of telling n8n to run an execution once more. */
export type Retried =
  | { readonly kind: 'started'; readonly execution: N8nExecution }
  /** `isUndone`: n8n was told, and certainly does not do it. */
  | { readonly kind: 'not'; readonly why: NotRepeated; readonly isUndone?: boolean }
  /** Somebody else has it by now. */
  | { readonly kind: 'taken' };

/** What n8n runs once more already, by the id of what it repeats. */
export interface Repetitions {
  readonly byRepeated: ReadonlyMap<string, N8nExecution>;
  /** Why others may not have been seen; null where there are none. */
  readonly unseen: Exclude<NotRepeated, { kind: 'unseen' | 'will_not' }> | null;
}

/** All that the list has; one that waits is in it in some versions of n8n only. */
const STATUSES = [undefined, 'running', 'waiting'] as const;
/** Less than this is not enough for n8n to take it, in milliseconds. */
const TELLING_MS = 3_000;

/**
 * Has n8n run failed executions once more. n8n answers only when the new one has ended, which may take longer than
 * anybody waits, and who told it may have died since: so it is noted before, told once, and then looked for.
 */
@Injectable()
export class ExecutionRetrier {
  /** Those of the list that repeat one of these, be it that Mira told n8n so or somebody did by hand. */
  async repetitionsOf(round: QuestionRound, open: readonly OpenExecution[]): Promise<Repetitions> {
    const wanted = new Set(open.map(({ executionId }) => executionId));
    const oldestMs = Math.max(...open.map(({ ageMs }) => ageMs));
    const byRepeated = new Map<string, N8nExecution>();
    let isAllSeen = true;
    for (const status of STATUSES) {
      let isEnd = false;
      const search = { limit: MAX_PAGE, ...workflowOf(open), ...(status && { status }) };
      const failure = await lookThrough(round, search, open.length, ({ data, nextCursor }, date) => {
        for (const execution of data) {
          const { retryOf } = execution;
          if (retryOf !== null && wanted.has(retryOf) && !byRepeated.has(retryOf)) byRepeated.set(retryOf, execution);
          if (startedAgoMs(execution, date) > oldestMs + round.elapsedMs) isEnd = true;
        }
        isEnd ||= nextCursor === null;
        return isEnd || byRepeated.size === wanted.size;
      });
      // Not every version takes this one as a filter.
      if (failure?.fault === 'refused' && status === 'waiting') break;
      if (failure) return { byRepeated, unseen: round.findingOf(failure) };
      if (byRepeated.size === wanted.size) break;
      isAllSeen &&= isEnd;
    }
    return { byRepeated, unseen: isAllSeen ? null : { kind: 'unasked', detail: 'n8n has run too many others since.' } };
  }

  /** `tell` notes that n8n is about to be told, and says whether it may be. */
  async retry(
    round: QuestionRound,
    { executionId, workflowId, toldMs }: OpenExecution,
    { byRepeated, unseen }: Repetitions,
    tell: () => Promise<boolean>,
  ): Promise<Retried> {
    if (executionId === null) return not({ kind: 'will_not', detail: 'its id is not known.' });
    const repetition = byRepeated.get(executionId);
    if (repetition) return { kind: 'started', execution: repetition };
    if (toldMs !== null) return not(unseen ?? { kind: 'unseen', forMs: toldMs });
    if (unseen && unseen.kind !== 'unasked') return not(unseen);
    const before = await round.execution(executionId);
    if (before.kind === 'fault') return not(before.fault === 'not_found' ? willNot(before) : round.findingOf(before));
    const isOfAnother = workflowId !== null && ![null, workflowId].includes(before.value.workflowId);
    if (isOfAnother) return not({ kind: 'will_not', detail: 'the execution of this id is of another workflow now.' });
    if (round.leftMs < TELLING_MS) return not({ kind: 'put_back' });
    if (!(await tell())) return { kind: 'taken' };
    const reply = await round.retryExecution(executionId);
    if (reply.kind === 'fault') return notTaken(round, reply);
    return reply.value.kind === 'started' ? reply.value : not({ kind: 'unseen', forMs: 0 });
  }
}

function notTaken(round: QuestionRound, reply: N8nFailure): Retried {
  switch (reply.fault) {
    case 'refused':
    case 'not_found':
      return { kind: 'not', why: willNot(reply), isUndone: true };
    case 'no_api_key':
    case 'unauthorized':
    case 'forbidden':
    case 'refused_address':
    case 'starting':
      return { kind: 'not', why: round.findingOf(reply), isUndone: true };
    case 'unreachable':
    case 'silent':
    case 'overloaded':
    case 'too_large':
    case 'not_the_api':
      // It may run all the same.
      return not({ kind: 'unseen', forMs: 0 });
  }
}

function willNot({ detail }: N8nFailure): NotRepeated {
  return { kind: 'will_not', detail };
}

function not(why: NotRepeated): Retried {
  return { kind: 'not', why };
}
