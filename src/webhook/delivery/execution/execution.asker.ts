import { Injectable } from '@nestjs/common';
import { SecretCipher, SecretUnreadableError } from '../../../database/secret.cipher';
import { N8nClient } from '../../../n8n/client/n8n.client';
import { type N8nConnection, openConnection, type SealedConnection } from '../../../n8n/integration.connection';
import { reasonOf } from '../attempt/outcome';
import { confirmationOf, type Finding, type NotRepeated, repetitionOf } from './confirmation';
import { executionRetryDelayMs } from './confirmation.schedule';
import { ExecutionFinder } from './execution.finder';
import { type ConfirmedExecution, ExecutionRepository, type OpenGroup } from './execution.repository';
import { ExecutionRetrier, type Retried } from './execution.retrier';
import type { OpenExecution } from './open-execution';
import { QuestionRound } from './question.round';

/** For all that is asked of one n8n in one go, well within the lease; what is not asked by then is put back. */
const ROUND_MS = 30_000;
/** n8n is asked for the errors of so many in one round. */
const ERRORS_AT_ONCE = 20;
/** n8n is told to run so many again at the same time: it answers when they have ended. */
const RETRIES_AT_ONCE = 4;
const UNREADABLE =
  'Its API key cannot be read: it was sealed under another master key. Give the integration its key again.';

/** Writes down what is known as soon as it is. */
export type RecordConfirmed = (confirmed: readonly ConfirmedExecution[]) => Promise<void>;

/** Asks one n8n what became of what it took, and has it run again what is to. */
@Injectable()
export class ExecutionAsker {
  constructor(
    private readonly cipher: SecretCipher,
    private readonly client: N8nClient,
    private readonly executions: ExecutionRepository,
    private readonly finder: ExecutionFinder,
    private readonly retrier: ExecutionRetrier,
  ) {}

  /** All of them are of one integration. */
  async ask({ open }: OpenGroup, record: RecordConfirmed): Promise<void> {
    const sealed = open[0]?.integration ?? null;
    if (sealed === null) {
      return record(open.map(ended));
    }
    const connection = this.open(sealed);
    if (connection === null) {
      const refused = { kind: 'refused', detail: UNREADABLE } as const;
      return record(
        open.map((one) => (one.status === 'failed' ? notRepeated(one, refused) : confirmedBy(refused, one))),
      );
    }
    const round = new QuestionRound(this.client, connection, ROUND_MS);
    const waiting = open.filter(({ status }) => status !== 'failed');
    await record(await this.confirm(round, waiting));
    const failed = open.filter(({ status }) => status === 'failed');
    if (failed.length > 0) await this.retryAll(round, failed, record);
  }

  private open(sealed: SealedConnection): N8nConnection | null {
    try {
      return openConnection(this.cipher, sealed);
    } catch (error) {
      if (error instanceof SecretUnreadableError) return null;
      throw error;
    }
  }

  private async confirm(round: QuestionRound, open: readonly OpenExecution[]): Promise<ConfirmedExecution[]> {
    const findings = await this.finder.find(round, open);
    await this.completeErrors(round, findings);
    return open.map((one) => confirmedBy(findings.get(one.deliveryId) ?? { kind: 'put_back' }, one));
  }

  /** The list tells that executions failed, and not with what. */
  private async completeErrors(round: QuestionRound, findings: Map<string, Finding>): Promise<void> {
    let calls = 0;
    for (const [deliveryId, finding] of findings) {
      if (finding.kind !== 'found' || finding.execution.status !== 'error' || finding.execution.error !== null)
        continue;
      if (calls++ >= ERRORS_AT_ONCE || round.end) {
        findings.set(deliveryId, { kind: 'unasked', detail: 'it failed, and n8n is still to be asked with what.' });
        continue;
      }
      const reply = await round.execution(finding.execution.id, { includeData: true });
      if (reply.kind === 'ok') findings.set(deliveryId, { kind: 'found', execution: reply.value });
    }
  }

  /** Each is written down at once: n8n has begun it, whatever becomes of the others. */
  private async retryAll(round: QuestionRound, open: readonly OpenExecution[], record: RecordConfirmed): Promise<void> {
    const repetitions = await this.retrier.repetitionsOf(round, open);
    const left = [...open];
    const teller = async () => {
      for (let one = left.shift(); one; one = left.shift()) {
        const { tenantId } = one;
        const mine = one;
        const end = round.end;
        const retried: Retried = end
          ? { kind: 'not', why: end }
          : await this.retrier.retry(round, one, repetitions, () => this.executions.tell(tenantId, mine));
        if (retried.kind !== 'taken') await record([retriedAs(retried, one)]);
      }
    };
    await Promise.all(Array.from({ length: RETRIES_AT_ONCE }, teller));
  }
}

function confirmedBy(finding: Finding, one: OpenExecution): ConfirmedExecution {
  const { deliveryId, count, ageMs } = one;
  const status = one.status === 'running' ? 'running' : 'accepted';
  const confirmation = confirmationOf(finding, { count, ageMs, status });
  const execution = finding.kind === 'found' ? finding.execution : null;
  const reason = confirmation.reason === null ? null : reasonOf(confirmation.reason);
  // Those that n8n ran again were written down as such when they began.
  const common = { deliveryId, count, reason, execution, how: 'webhook' } as const;
  if (confirmation.kind === 'open') return { ...common, status: confirmation.status, inMs: confirmation.inMs };
  const isRetried = confirmation.status === 'failed' && one.retriesMade < one.retriesAllowed;
  return { ...common, status: confirmation.status, inMs: isRetried ? executionRetryDelayMs(one.retriesMade) : null };
}

function retriedAs(retried: Exclude<Retried, { kind: 'taken' }>, one: OpenExecution): ConfirmedExecution {
  if (retried.kind === 'not') {
    return { ...notRepeated(one, retried.why), ...(retried.isUndone && { telling: 'undone' }) };
  }
  const { deliveryId, count } = one;
  const { execution } = retried;
  return { deliveryId, count, status: 'running', reason: null, inMs: 0, execution, how: 'retry', telling: 'begun' };
}

function notRepeated({ deliveryId, count, retryMs }: OpenExecution, why: NotRepeated): ConfirmedExecution {
  const { reason, inMs } = repetitionOf(why, { count, sinceMs: retryMs });
  const words = reason === null ? null : reasonOf(reason);
  return { deliveryId, count, status: 'failed', reason: words, inMs, execution: null, how: 'webhook' };
}

function ended({ deliveryId, count, status }: OpenExecution): ConfirmedExecution {
  const common = { deliveryId, count, inMs: null, execution: null, how: 'webhook' } as const;
  return status === 'failed'
    ? { ...common, status, reason: 'It failed, and cannot be run once more: its integration was deleted.' }
    : { ...common, status: 'unknown', reason: 'What became of it is not known: its integration was deleted.' };
}
