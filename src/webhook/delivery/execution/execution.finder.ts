import { ownProperty } from '@mira/json';
import { Injectable } from '@nestjs/common';
import type { N8nExecution } from '../../../n8n/client/execution';
import { MAX_PAGE, N8nClient } from '../../../n8n/client/n8n.client';
import type { N8nFailure } from '../../../n8n/client/n8n.reply';
import type { N8nConnection } from '../../../n8n/integration.connection';
import type { Absence, Finding } from './confirmation';
import type { OpenExecution } from './open-execution';

/** So few are asked for one by one: what a page of n8n's list would cost as well. */
const ONE_BY_ONE = 4;
/** Executions come with all that their nodes put out, so a page of them is a small one. */
const PAGE_WITH_DATA = 50;
/** Pages beyond those that the ones looked for would fill by themselves. */
const SPARE_PAGES = 2;
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
      const pages = Math.ceil(open.length / MAX_PAGE) + SPARE_PAGES;
      const whole = { limit: MAX_PAGE, ...workflowOf(open) };
      const failure =
        (await this.page(connection, whole, pages, take)) ??
        (await this.page(connection, { ...whole, status: 'running' }, 1, take));
      if (failure) return settleRest(open, found, findingOf(failure));
    }
    const rest = open.filter(({ deliveryId }) => !found.has(deliveryId));
    for (const { deliveryId, executionId } of rest.slice(0, ONE_BY_ONE)) {
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
    const asked = { limit: PAGE_WITH_DATA, includeData: true, ...(workflowId !== null && { workflowId }) };
    const pages = Math.ceil(open.length / PAGE_WITH_DATA) + SPARE_PAGES;
    const failure = await this.page(connection, asked, pages, take);
    if (failure) return settleRest(open, found, findingOf(failure));
    if (open.some(({ deliveryId }) => !found.has(deliveryId))) {
      const seen = isAllSeen;
      const running = await this.page(connection, { ...asked, status: 'running' }, 1, take);
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

  /** Page by page, until `take` has what it wants. The failure where there was one. */
  private async page(
    connection: N8nConnection,
    search: Parameters<N8nClient['executions']>[1],
    pages: number,
    take: (executions: readonly N8nExecution[], isLast: boolean) => boolean,
  ): Promise<N8nFailure | null> {
    let cursor: string | null = null;
    let { limit } = search;
    for (let page = 0; page < pages; page++) {
      const reply = await this.client.executions(connection, { ...search, limit, cursor });
      if (reply.kind === 'fault') {
        if (reply.fault !== 'too_large' || limit === 1) return reply;
        limit = Math.ceil(limit / 8);
        continue;
      }
      cursor = reply.value.nextCursor;
      if (take(reply.value.data, cursor === null) || cursor === null) return null;
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
