import type { N8nExecution } from '../../../n8n/client/execution';
import type { ExecutionSearch, N8nClient, N8nPage, RetryReply } from '../../../n8n/client/n8n.client';
import { failure, type N8nFailure, type N8nFault, type N8nReply } from '../../../n8n/client/n8n.reply';
import type { N8nConnection } from '../../../n8n/integration.connection';
import type { Finding } from './confirmation';

/** No one call is waited for longer, in milliseconds. */
const CALL_TIMEOUT_MS = 10_000;
/** After these, every other call of the round would end alike. */
const OF_ALL_CALLS: ReadonlySet<N8nFault> = new Set([
  'no_api_key',
  'unauthorized',
  'refused_address',
  'starting',
  'unreachable',
  'silent',
]);

/** All that one n8n is asked in one go: within a time, and nothing more once it turned out that it does not answer. */
export class QuestionRound {
  private readonly startedAt = performance.now();
  private fault: N8nFailure | null = null;
  /** A call had all of the time that was left, and used it up. By the clock there may be a moment more. */
  private isSpent = false;

  constructor(
    private readonly client: N8nClient,
    private readonly connection: N8nConnection,
    private readonly forMs: number,
  ) {}

  get elapsedMs(): number {
    return performance.now() - this.startedAt;
  }

  get leftMs(): number {
    return this.forMs - this.elapsedMs;
  }

  private get isOver(): boolean {
    return this.isSpent || this.leftMs < 1;
  }

  /** Why nothing more is to be asked; null while there is something to be had. */
  get end(): Exclude<Finding, { kind: 'found' | 'absent' }> | null {
    if (this.isOver) return { kind: 'put_back' };
    return this.fault && this.findingOf(this.fault);
  }

  executions(search: ExecutionSearch): Promise<N8nReply<N8nPage<N8nExecution>>> {
    return this.ask((timeoutMs) => this.client.executions(this.connection, { ...search, timeoutMs }));
  }

  execution(id: string, { includeData = false } = {}): Promise<N8nReply<N8nExecution>> {
    return this.ask((timeoutMs) => this.client.execution(this.connection, id, { includeData, timeoutMs }));
  }

  workflow(id: string): Promise<N8nReply<object>> {
    return this.ask((timeoutMs) => this.client.workflow(this.connection, id, { timeoutMs }));
  }

  /** Asks in any case: whoever noted that n8n is told must know what came of it. */
  retryExecution(id: string): Promise<N8nReply<RetryReply>> {
    const timeoutMs = Math.max(1, Math.min(CALL_TIMEOUT_MS, Math.floor(this.leftMs)));
    return this.client.retryExecution(this.connection, id, { timeoutMs });
  }

  /** What a failure to ask means for those that were asked for. */
  findingOf({ fault, detail }: N8nFailure): Exclude<Finding, { kind: 'found' | 'absent' }> {
    if (this.isOver) return { kind: 'put_back' };
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

  private async ask<T>(call: (timeoutMs: number) => Promise<N8nReply<T>>): Promise<N8nReply<T>> {
    if (this.fault) return this.fault;
    if (this.isOver) return failure('silent', 'There is no time left to ask.');
    const timeoutMs = Math.min(CALL_TIMEOUT_MS, Math.floor(this.leftMs));
    const reply = await call(timeoutMs);
    if (reply.kind === 'fault' && reply.fault === 'silent' && timeoutMs < CALL_TIMEOUT_MS) this.isSpent = true;
    if (reply.kind === 'fault' && OF_ALL_CALLS.has(reply.fault)) this.fault = reply;
    return reply;
  }
}
