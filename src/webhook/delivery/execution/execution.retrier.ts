import { Injectable } from '@nestjs/common';
import type { N8nExecution } from '../../../n8n/client/execution';
import { MAX_PAGE, N8nClient } from '../../../n8n/client/n8n.client';
import type { N8nConnection } from '../../../n8n/integration.connection';
import { findingOf } from './execution.finder';

/** What became of telling n8n to run an execution once more. */
export type Retried =
  | { readonly kind: 'started'; readonly execution: N8nExecution }
  /** It is to be seen later what became of it, or n8n is away: try again in a moment. */
  | { readonly kind: 'later'; readonly detail: string }
  /** n8n will not, and says why. */
  | { readonly kind: 'refused'; readonly detail: string };

/** Has n8n run failed executions once more. */
@Injectable()
export class ExecutionRetrier {
  constructor(private readonly client: N8nClient) {}

  /**
   * Looks first whether n8n did so already: whoever asked it may have died before it was on record, and n8n answers only
   * when the new one has ended, which may take longer than anybody waits.
   */
  async retry(connection: N8nConnection, executionId: string, workflowId: string | null): Promise<Retried> {
    const before = await this.repetitionOf(connection, executionId, workflowId);
    if (before.kind !== 'none') return before;
    const reply = await this.client.retryExecution(connection, executionId);
    if (reply.kind === 'ok') {
      if (reply.value.kind === 'started') return reply.value;
      return { kind: 'later', detail: 'n8n runs it once more.' };
    }
    if (reply.fault === 'refused' || reply.fault === 'not_found') return { kind: 'refused', detail: reply.detail };
    const finding = findingOf(reply);
    return finding.kind === 'refused' ? finding : { kind: 'later', detail: reply.detail };
  }

  private async repetitionOf(
    connection: N8nConnection,
    executionId: string,
    workflowId: string | null,
  ): Promise<Exclude<Retried, { kind: 'refused' }> | { kind: 'none' }> {
    const search = { limit: MAX_PAGE, ...(workflowId !== null && { workflowId }) };
    for (const status of [undefined, 'running'] as const) {
      const reply = await this.client.executions(connection, { ...search, ...(status && { status }) });
      if (reply.kind === 'fault') return { kind: 'later', detail: reply.detail };
      const repetition = reply.value.data.find(({ retryOf }) => retryOf === executionId);
      if (repetition) return { kind: 'started', execution: repetition };
    }
    return { kind: 'none' };
  }
}
