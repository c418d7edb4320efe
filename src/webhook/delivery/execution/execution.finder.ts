import { ownProperty } from '@mira/json';
import { Injectable } from '@nestjs/common';
import type { N8nExecution } from '../../../n8n/client/execution';
import { MAX_PAGE, N8nClient, type N8nPage } from '../../../n8n/client/n8n.client';
import type { N8nFailure } from '../../../n8n/client/n8n.reply';
import type { N8nConnection } from '../../../n8n/integration.connection';
import type { Absence, Finding } from './confirmation';
import type { OpenExecution } from './open-execution';

/** So few are asked for one by one: what a page of n8n's list would cost as well. */
const ONE_BY_ONE = 4;
/** Of those that no list has, for they wait or are gone. */
const MISSING_ONE_BY_ONE = 20;
/** Executions come with all that their nodes put out, so the first page of them is a small one … */
const FIRST_PAGE_WITH_DATA = 20;
/** … and the next ones have as many as make about so many bytes. */
const PAGE_BYTES = 4 * 1_024 * 1_024;
/** Pages beyond those that the ones looked for would fill by themselves. */
const SPARE_PAGES = 2;
/** For one round of questions about one workflow. */
const MAX_CALLS = 60;
/** n8n's clock may be off by so much against this one. */
const SKEW_MS = 120_000;
const WAIT_NODE = 'n8n-nodes-base.wait';

type Found = Map<string, Finding>;

/**
 * Asks an n8n for executions, many with one call: those whose ids are known are looked for in its list, the others by
 * Mira's id of the delivery among what their workflow was sent.
 */
@Injectable()
export class ExecutionFinder {
  constructor(private readonly client: N8nClient) {}

  /** A finding for each, by the id of its delivery. All are of the connection's integration. */
  async find(connection: N8nConnection, open: readonly OpenExecution[]): Promise<Found> {
    const found: Found = new Map();
    await this.findKnown(
      connection,
      open.filter(({ executionId }) => executionId !== null),
      found,
    );
    const unknown = open.filter(({ executionId }) => executionId === null);
    for (const [workflowId, ofWorkflow] of Map.groupBy(unknown, (one) => one.workflowId)) {
      await this.findUnknown(connection, workflowId, ofWorkflow, found);
    }
    return found;
  }

  private async findKnown(connection: N8nConnection, open: readonly OpenExecution[], found: Found): Promise<void> {
    const byExecution = new Map(open.map((one) => [one.executionId, one.deliveryId]));
    const take = (executions: readonly N8nExecution[]): boolean => {
      for (const execution of executions) {
        const deliveryId = byExecution.get(execution.id);
        if (deliveryId !== undefined) found.set(deliveryId, { kind: 'found', execution });
      }
      return open.every(({ deliveryId }) => found.has(deliveryId));
    };
    if (open.length > ONE_BY_ONE) {
      const asked = { limit: MAX_PAGE, ...workflowOf(open) };
      let failure = await this.look(connection, asked, open.length, take);
      const isOneMissing = open.some(({ deliveryId }) => !found.has(deliveryId));
      if (!failure && isOneMissing) {
        failure = await this.look(connection, { ...asked, status: 'running' }, open.length, take);
      }
      if (failure) return settleRest(open, found, findingOf(failure));
    }
    // Any of them, so that each has its turn where there are too many.
    const rest = shuffled(open.filter(({ deliveryId }) => !found.has(deliveryId)));
    for (const { deliveryId, executionId } of rest.slice(0, MISSING_ONE_BY_ONE)) {
      const reply = await this.client.execution(connection, executionId ?? '');
      if (reply.kind === 'ok') found.set(deliveryId, { kind: 'found', execution: reply.value });
      else if (reply.fault === 'not_found') found.set(deliveryId, { kind: 'absent', why: 'gone' });
      else return settleRest(open, found, findingOf(reply));
    }
    settleRest(open, found, { kind: 'unasked', detail: 'there are many before it.' });
  }

  private async findUnknown(
    connection: N8nConnection,
    workflowId: string | null,
    open: readonly OpenExecution[],
    found: Found,
  ): Promise<void> {
    const since = Math.min(...open.map(({ sentAt }) => sentAt.getTime())) - SKEW_MS;
    const wanted = new Set(open.map(({ deliveryId }) => deliveryId));
    let isAllSeen = false;
    const take = (executions: readonly N8nExecution[], isLast: boolean): boolean => {
      for (const execution of executions) {
        const { deliveryId, startedAt } = execution;
        // A retry repeats the request of the execution before it, which is the one that is looked for.
        if (deliveryId !== null && wanted.has(deliveryId) && execution.retryOf === null) {
          found.set(deliveryId, { kind: 'found', execution });
        }
        if (startedAt !== null && startedAt.getTime() < since) isAllSeen = true;
      }
      if (isLast) isAllSeen = true;
      return isAllSeen || open.every(({ deliveryId }) => found.has(deliveryId));
    };
    const asked = { limit: FIRST_PAGE_WITH_DATA, includeData: true, ...(workflowId !== null && { workflowId }) };
    const failure = await this.look(connection, asked, open.length, take);
    if (failure) return settleRest(open, found, findingOf(failure));
    if (open.some(({ deliveryId }) => !found.has(deliveryId))) {
      const seen = isAllSeen;
      const running = await this.look(connection, { ...asked, status: 'running' }, open.length, take);
      if (running) return settleRest(open, found, findingOf(running));
      isAllSeen = seen;
    }
    if (open.every(({ deliveryId }) => found.has(deliveryId))) return;
    settleRest(
      open,
      found,
      isAllSeen
        ? { kind: 'absent', why: await this.whyAbsent(connection, workflowId) }
        : { kind: 'unasked', detail: 'n8n has run too many others since to look through.' },
    );
  }

  /**
   * Page by page, until `take` has what it wants, or there were a few more than `count`. n8n keeps the size of the first
   * page to the end, so another size is a new beginning. The failure where there was one.
   */
  private async look(
    connection: N8nConnection,
    search: Parameters<N8nClient['executions']>[1],
    count: number,
    take: (executions: readonly N8nExecution[], isLast: boolean) => boolean,
  ): Promise<N8nFailure | null> {
    let { limit } = search;
    let cursor: string | null = null;
    let left = Math.ceil(count / limit) + SPARE_PAGES;
    for (let calls = 0; left > 0 && calls < MAX_CALLS; calls++) {
      const reply = await this.client.executions(connection, { ...search, limit, cursor });
      if (reply.kind === 'fault' && (reply.fault !== 'too_large' || limit === 1)) return reply;
      if (reply.kind === 'ok' && take(reply.value.data, reply.value.nextCursor === null)) return null;
      const fitting = reply.kind === 'ok' ? fittingPage(reply.value) : Math.ceil(limit / 8);
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

  private async whyAbsent(connection: N8nConnection, workflowId: string | null): Promise<Absence> {
    if (workflowId === null) return 'none_started';
    const reply = await this.client.workflow(connection, workflowId);
    if (reply.kind === 'fault') return 'none_started';
    const settings = ownProperty(reply.value, 'settings');
    if (ownProperty(settings, 'saveDataSuccessExecution') === 'none') return 'unsaved';
    const nodes = ownProperty(reply.value, 'nodes');
    const waits = Array.isArray(nodes) && nodes.some((node) => ownProperty(node, 'type') === WAIT_NODE);
    return waits ? 'may_wait' : 'none_started';
  }
}

/** What a failure to ask means for those that were asked for. */
export function findingOf({ fault, detail }: N8nFailure): Finding {
  switch (fault) {
    case 'no_api_key':
    case 'unauthorized':
    case 'forbidden':
    case 'refused_address':
      return { kind: 'refused', detail };
    case 'not_found':
    case 'refused':
    case 'starting':
    case 'unreachable':
    case 'silent':
    case 'overloaded':
    case 'too_large':
    case 'not_the_api':
      return { kind: 'unasked', detail };
  }
}

function settleRest(open: readonly OpenExecution[], found: Found, finding: Finding): void {
  for (const { deliveryId } of open) if (!found.has(deliveryId)) found.set(deliveryId, finding);
}

/** Narrows the list where all are of one workflow. */
function workflowOf(open: readonly OpenExecution[]): { workflowId?: string } {
  const workflows = new Set(open.map(({ workflowId }) => workflowId));
  const [only] = workflows;
  return workflows.size === 1 && typeof only === 'string' ? { workflowId: only } : {};
}

/** How many of the same size an answer may have. */
function fittingPage({ data, bytes }: N8nPage<N8nExecution>): number {
  const each = Math.max(1, bytes) / Math.max(1, data.length);
  return Math.max(1, Math.min(MAX_PAGE, Math.floor(PAGE_BYTES / each)));
}

function shuffled<T>(list: readonly T[]): T[] {
  return list
    .map((one) => ({ one, place: Math.random() }))
    .toSorted((a, b) => a.place - b.place)
    .map(({ one }) => one);
}
