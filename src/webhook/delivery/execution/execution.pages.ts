import type { N8nExecution } from '../../../n8n/client/execution';
import { type ExecutionSearch, MAX_PAGE, type N8nPage } from '../../../n8n/client/n8n.client';
import type { N8nFailure } from '../../../n8n/client/n8n.reply';
import type { QuestionRound } from './question.round';
import { shuffled } from './shuffled';

/** A page has as many executions as make about so many bytes. */
const PAGE_BYTES = 1_024 * 1_024;
/** Pages beyond those that the ones looked for would fill by themselves. */
const SPARE_PAGES = 2;
/** Executions that are asked for one by one because a page of one is too large. */
const ONE_BY_ONE = 20;
/** For one look through a list. */
const MAX_CALLS = 60;

/** What is on a page, and n8n's clock when it answered. True where no more is wanted. */
export type TakePage = (page: N8nPage<N8nExecution>, date: Date | null) => boolean;

/**
 * Goes through n8n's list page by page, until `take` has what it wants, or there were a few more than `count`. n8n keeps
 * the size of the first page to the end, so another size is a new beginning. The failure where there was one.
 */
export async function lookThrough(
  round: QuestionRound,
  search: ExecutionSearch,
  count: number,
  take: TakePage,
): Promise<N8nFailure | null> {
  let { limit } = search;
  // A page that was too large is not asked for again.
  let most = MAX_PAGE;
  let cursor: string | null = null;
  let left = Math.ceil(count / limit) + SPARE_PAGES;
  for (let calls = 0; left > 0 && calls < MAX_CALLS; calls++) {
    const reply = await round.executions({ ...search, limit, cursor });
    if (reply.kind === 'fault' && (reply.fault !== 'too_large' || limit === 1)) return reply;
    if (reply.kind === 'ok' && take(reply.value, reply.date)) return null;
    if (reply.kind === 'fault') most = Math.ceil(limit / 8);
    const fitting = reply.kind === 'ok' ? Math.min(most, fittingPage(reply.value)) : most;
    const isOtherSize = fitting < limit || (fitting >= 2 * limit && left > 1);
    cursor = reply.kind === 'ok' && !isOtherSize ? reply.value.nextCursor : null;
    if (cursor === null && !isOtherSize) return null;
    if (isOtherSize) {
      limit = fitting;
      left = Math.ceil(count / limit) + SPARE_PAGES;
    } else left--;
  }
  return null;
}

/**
 * Where a page is too large although it has one execution only: some of those of the list without their data that began
 * since then, each by itself. What is too large even so is passed over.
 */
export async function lookOneByOne(
  round: QuestionRound,
  search: ExecutionSearch,
  sinceMs: number,
  take: TakePage,
): Promise<N8nFailure | null> {
  const list = await round.executions({ ...search, includeData: false, limit: MAX_PAGE });
  if (list.kind === 'fault') return list;
  const { data, bytes } = list.value;
  const candidates = data.filter((one) => one.retryOf === null && startedAgoMs(one, list.date) <= sinceMs);
  for (const { id } of shuffled(candidates).slice(0, ONE_BY_ONE)) {
    const reply = await round.execution(id, { includeData: true });
    if (reply.kind === 'ok' && take({ data: [reply.value], nextCursor: id, bytes }, reply.date)) return null;
    if (reply.kind === 'fault' && reply.fault !== 'too_large' && reply.fault !== 'not_found') return reply;
  }
  return null;
}

/** How many of the same size an answer may have. */
function fittingPage({ data, bytes }: N8nPage<N8nExecution>): number {
  const each = Math.max(1, bytes) / Math.max(1, data.length);
  return Math.max(1, Math.min(MAX_PAGE, Math.floor(PAGE_BYTES / each)));
}

/** In milliseconds, by n8n's own clock where it told it; what is queued has only just begun. */
export function startedAgoMs({ startedAt }: N8nExecution, date: Date | null): number {
  return startedAt === null ? 0 : (date?.getTime() ?? Date.now()) - startedAt.getTime();
}
