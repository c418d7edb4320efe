import { Injectable } from '@nestjs/common';
import type { Counter } from 'prom-client';
import { MiraConfig } from '../../../config/mira.config';
import { SecretCipher } from '../../../database/secret.cipher';
import { Upkeep } from '../../../database/upkeep';
import { MetricsService } from '../../../metrics/metrics.service';
import { N8nClient } from '../../../n8n/client/n8n.client';
import { type N8nConnection, openConnection } from '../../../n8n/integration.connection';
import { reasonOf } from '../attempt/outcome';
import { type Confirmation, confirmationOf, type Finding } from './confirmation';
import { executionRetryDelayMs } from './confirmation.schedule';
import { ExecutionFinder } from './execution.finder';
import { type ConfirmedExecution, ExecutionRepository } from './execution.repository';
import { ExecutionRetrier } from './execution.retrier';
import type { OpenExecution } from './open-execution';

const AT_ONCE = 1_000;
/** n8n's that are asked at the same time. */
const INTEGRATIONS_AT_ONCE = 4;
/** n8n is told to run so many again in one go, and asked for the errors of so many. */
const CALLS_AT_ONCE = 20;
/** When n8n is asked again whether it has begun what it was told to run once more. */
const RETRY_LOOK_MS = 5_000;

/**
 * Finds out whether what n8n took really ran: asks for the executions of deliveries until they have ended, in few calls
 * for many, and has n8n run those again that failed and are to be retried. Any number of processes may; each takes its own.
 */
@Injectable()
export class ExecutionConfirmer extends Upkeep {
  protected readonly everyMs = 500;
  private readonly ended: Counter<'status'>;
  private isAsking = false;

  constructor(
    private readonly config: MiraConfig,
    private readonly cipher: SecretCipher,
    private readonly client: N8nClient,
    private readonly executions: ExecutionRepository,
    private readonly finder: ExecutionFinder,
    private readonly retrier: ExecutionRetrier,
    metrics: MetricsService,
  ) {
    super();
    this.ended = metrics.counter('mira_executions_total', 'Executions of which the end is known', ['status']);
  }

  override onApplicationBootstrap(): void {
    if (this.config.role !== 'api') super.onApplicationBootstrap();
  }

  protected async run(): Promise<void> {
    if (this.isAsking) return;
    this.isAsking = true;
    try {
      while ((await this.confirm()) === AT_ONCE);
    } finally {
      this.isAsking = false;
    }
  }

  /** Asks for those that are due; returns how many these were. */
  async confirm(): Promise<number> {
    const open = await this.executions.claim(AT_ONCE);
    const groups = [...Map.groupBy(open, (one) => `${one.tenantId} ${one.integration?.id ?? ''}`).values()];
    const askers = Array.from({ length: Math.min(INTEGRATIONS_AT_ONCE, groups.length) }, async () => {
      for (let group = groups.shift(); group; group = groups.shift()) await this.confirmGroup(group);
    });
    await Promise.all(askers);
    return open.length;
  }

  /** All of one integration. */
  private async confirmGroup(group: readonly OpenExecution[]): Promise<void> {
    const [first] = group;
    if (!first) return;
    const confirmed = first.integration
      ? await this.ask(openConnection(this.cipher, first.integration), group)
      : group.map((one) =>
          ended(one, 'unknown', 'What became of it is not known: its route or integration was deleted.'),
        );
    const recorded = await this.executions.record(first.tenantId, confirmed);
    for (const one of confirmed) if (recorded.has(one.deliveryId)) this.report(first.tenantId, one);
  }

  private async ask(connection: N8nConnection, group: readonly OpenExecution[]): Promise<ConfirmedExecution[]> {
    const waiting = group.filter(({ status }) => status !== 'failed');
    const toRetry = group.filter(({ status }) => status === 'failed');
    const findings = await this.finder.find(connection, waiting);
    await this.completeErrors(connection, findings);
    const confirmed = waiting.flatMap((one) => {
      const finding = findings.get(one.deliveryId);
      return finding ? [confirmedBy(finding, one)] : [];
    });
    for (const [n, one] of toRetry.entries()) {
      confirmed.push(n < CALLS_AT_ONCE ? await this.retry(connection, one) : open(one, 'failed', null, 0));
    }
    return confirmed;
  }

  /** The list tells that executions failed, and not with what. */
  private async completeErrors(connection: N8nConnection, findings: Map<string, Finding>): Promise<void> {
    let calls = 0;
    for (const [deliveryId, finding] of findings) {
      if (finding.kind !== 'found' || finding.execution.status !== 'error' || finding.execution.error !== null)
        continue;
      if (calls++ >= CALLS_AT_ONCE) {
        findings.set(deliveryId, { kind: 'unasked', detail: 'it failed, and n8n is still to be asked with what.' });
        continue;
      }
      const reply = await this.client.execution(connection, finding.execution.id, { includeData: true });
      if (reply.kind === 'ok') findings.set(deliveryId, { kind: 'found', execution: reply.value });
    }
  }

  private async retry(connection: N8nConnection, one: OpenExecution): Promise<ConfirmedExecution> {
    if (one.executionId === null) return ended(one, 'failed', 'n8n cannot run it once more: its id is not known.');
    const retried = await this.retrier.retry(connection, one.executionId, one.workflowId);
    switch (retried.kind) {
      case 'started':
        return { ...open(one, 'running', null, 0), execution: retried.execution, how: 'retry' };
      case 'later':
        return open(one, 'failed', reasonOf(`It failed, and is to run once more. ${retried.detail}`), RETRY_LOOK_MS);
      case 'refused':
        return ended(one, 'failed', reasonOf(`It failed, and n8n will not run it once more: ${retried.detail}`));
    }
  }

  private report(tenantId: string, { deliveryId, status, inMs, reason, execution }: ConfirmedExecution): void {
    if (inMs !== null) return;
    this.ended.inc({ status });
    const line = {
      msg: 'execution',
      tenant_id: tenantId,
      delivery_id: deliveryId,
      execution_id: execution?.id ?? null,
      status,
      ...(reason ? { reason } : {}),
    };
    if (status === 'succeeded') this.logger.log(line);
    else this.logger.warn(line);
  }
}

function confirmedBy(finding: Finding, one: OpenExecution): ConfirmedExecution {
  const { count, ageMs } = one;
  const status = one.status === 'running' ? 'running' : 'accepted';
  const confirmation: Confirmation = confirmationOf(finding, { count, ageMs, status });
  const execution = finding.kind === 'found' ? finding.execution : null;
  // Those that n8n ran again were written down as such when they began.
  const how = 'webhook';
  const reason = confirmation.reason === null ? null : reasonOf(confirmation.reason);
  if (confirmation.kind === 'open')
    return { ...open(one, confirmation.status, reason, confirmation.inMs), execution, how };
  const isRetried = confirmation.status === 'failed' && one.retriesMade < one.retriesAllowed;
  const then = isRetried ? executionRetryDelayMs(one.retriesMade) : null;
  return { deliveryId: one.deliveryId, count, status: confirmation.status, reason, inMs: then, execution, how };
}

function open(
  { deliveryId, count }: OpenExecution,
  status: 'accepted' | 'running' | 'failed',
  reason: string | null,
  inMs: number,
): ConfirmedExecution {
  return { deliveryId, count, status, reason, inMs, execution: null, how: 'webhook' };
}

function ended({ deliveryId, count }: OpenExecution, status: 'failed' | 'unknown', reason: string): ConfirmedExecution {
  return { deliveryId, count, status, reason, inMs: null, execution: null, how: 'webhook' };
}
