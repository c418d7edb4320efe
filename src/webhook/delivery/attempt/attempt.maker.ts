import { OutboundClient, type OutboundResult } from '@mira/outbound';
import { describeError } from '@mira/problem';
import { signStandard } from '@mira/signature';
import { Injectable, Logger } from '@nestjs/common';
import { type AgentRun, AgentRunner } from '../../../agent/agent.runner';
import { MiraConfig } from '../../../config/mira.config';
import { SecretCipher } from '../../../database/secret.cipher';
import { type N8nConnection, openConnection } from '../../../n8n/integration.connection';
import { classifyN8nAnswer } from '../../../n8n/n8n.answer';
import { addressFault, type WorkflowAddress } from '../../../n8n/workflow-address';
import { WorkflowDirectory, type WorkflowReference } from '../../../n8n/workflow.directory';
import { parsePayload } from '../../source/payload/parse-payload';
import { outboundHeaders } from './outbound-headers';
import type { DeliveryTarget, DueDelivery } from './due-delivery';
import { type AttemptResult, resultOfStatus } from './outcome';
import { parseRetryAfter } from './retry-schedule';

/** What an attempt brought back, for the decision and for the record. */
export interface AttemptAnswer {
  readonly result: AttemptResult;
  readonly statusCode: number | null;
  readonly responseHeaders: Readonly<Record<string, string>> | null;
  readonly responseBody: Buffer | null;
}

class TimeOver extends Error {}

type N8nTarget = Extract<DeliveryTarget, { kind: 'n8n' }>;

/** Makes one attempt: calls the workflow, or the agent. No transaction is open meanwhile. */
@Injectable()
export class AttemptMaker {
  private readonly logger = new Logger(AttemptMaker.name);

  constructor(
    private readonly config: MiraConfig,
    private readonly outbound: OutboundClient,
    private readonly cipher: SecretCipher,
    private readonly workflows: WorkflowDirectory,
    private readonly agents: AgentRunner,
  ) {}

  /** Never throws: whatever goes wrong on the way is an answer too. */
  async make(delivery: DueDelivery): Promise<AttemptAnswer> {
    try {
      switch (delivery.target.kind) {
        case 'none':
          return withoutResponse({ kind: 'gone', detail: delivery.target.reason });
        case 'agent':
          return withoutResponse(await this.callAgent(delivery, delivery.target.agentName));
        case 'n8n':
          return await this.callWorkflow(delivery, delivery.target);
      }
    } catch (error) {
      this.logger.error({ msg: 'an attempt failed on this side', err: describeError(error), delivery_id: delivery.id });
      return withoutResponse({
        kind: 'failed',
        detail: 'The attempt failed inside Mira; see its log.',
        retryAfter: null,
      });
    }
  }

  private async callAgent(delivery: DueDelivery, name: string): Promise<AttemptResult> {
    const { id: eventId, contentType, body, hops, ...event } = delivery.event;
    const parsed = parsePayload({ headers: contentType === null ? {} : { 'content-type': contentType }, body });
    const payload = parsed.kind === 'ok' ? parsed.payload.value : null;
    const { tenantId, id: deliveryId, attempt } = delivery;
    const given = { ...event, tenantId, deliveryId, attempt, eventId, contentType, body, payload, hops: hops + 1 };
    try {
      return resultOfAgent(await within(this.config.delivery.timeout_ms, this.agents.run(name, given)));
    } catch (error) {
      this.logger.warn({ msg: 'an agent failed', err: describeError(error), agent: name, delivery_id: deliveryId });
      const how = error instanceof TimeOver ? 'did not end in time' : 'failed';
      return { kind: 'failed', detail: `The agent ${name} ${how}.`, retryAfter: null };
    }
  }

  private async callWorkflow(delivery: DueDelivery, { workflow, integration }: N8nTarget): Promise<AttemptAnswer> {
    const connection = openConnection(this.cipher, integration);
    const start = performance.now();
    const address = await this.findWorkflow(connection, workflow);
    // What n8n took to say where the workflow is comes off the time of the attempt.
    const timeoutMs = Math.max(1, this.config.delivery.timeout_ms - Math.round(performance.now() - start));
    if (address.kind === 'fault') {
      const { detail, permanent } = address;
      return withoutResponse(permanent ? { kind: 'rejected', detail } : { kind: 'failed', detail, retryAfter: null });
    }
    const timestampSeconds = Math.floor(Date.now() / 1_000);
    const { body } = delivery.event;
    const signature = signStandard({ id: delivery.id, timestampSeconds, body, secret: connection.signingSecret });
    const answer = await this.outbound.send({
      method: address.method,
      url: address.url,
      headers: outboundHeaders(delivery, { timestampSeconds, signature }),
      body,
      timeoutMs,
    });
    if ('workflowId' in workflow && answer.kind === 'response' && answer.status === 404) {
      this.workflows.forget(connection, workflow.workflowId);
    }
    return answerOf(answer, new Date());
  }

  private async findWorkflow(connection: N8nConnection, workflow: WorkflowReference): Promise<WorkflowAddress> {
    const { timeout_ms } = this.config.delivery;
    try {
      return await within(timeout_ms, this.workflows.webhookUrl(connection, workflow));
    } catch (error) {
      if (!(error instanceof TimeOver)) throw error;
      return addressFault('unreachable', `n8n did not say within ${timeout_ms} ms where the workflow is.`);
    }
  }
}

/**
 * Waits no longer than so many milliseconds. What is waited for cannot be stopped from outside, be it an agent or a
 * look-up that others wait for too; but the place of the attempt is free again, and it is made again.
 */
async function within<T>(timeoutMs: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, fail) => {
    timer = setTimeout(() => fail(new TimeOver()), timeoutMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

function resultOfAgent(run: AgentRun): AttemptResult {
  switch (run.kind) {
    case 'done':
      return { kind: 'done', ...(run.detail === undefined ? {} : { detail: run.detail }) };
    case 'idle':
      return { kind: 'done', detail: run.reason };
    case 'refused':
      return { kind: 'gone', detail: run.reason };
    case 'unknown':
      return { kind: 'failed', detail: run.reason, retryAfter: null };
  }
}

function withoutResponse(result: AttemptResult): AttemptAnswer {
  return { result, statusCode: null, responseHeaders: null, responseBody: null };
}

function answerOf(answer: OutboundResult, now: Date): AttemptAnswer {
  switch (answer.kind) {
    case 'response':
      return {
        result: resultOfN8n(answer, now),
        statusCode: answer.status,
        responseHeaders: answer.headers,
        responseBody: answer.body,
      };
    case 'refused_address':
      return withoutResponse({ kind: 'rejected', detail: answer.detail });
    case 'timeout':
    case 'connection_failed':
      return withoutResponse({ kind: 'failed', detail: answer.detail, retryAfter: null });
  }
}

/** n8n's own ways of saying "not yet" come first; for all else its status speaks. */
function resultOfN8n(answer: Extract<OutboundResult, { kind: 'response' }>, now: Date): AttemptResult {
  const retryAfter = parseRetryAfter(answer.headers['retry-after'], now);
  const meaning = classifyN8nAnswer(answer);
  switch (meaning.kind) {
    case 'ok':
      return { kind: 'done', ...(meaning.executionId ? { detail: `execution ${meaning.executionId}` } : {}) };
    case 'not_registered':
    case 'starting':
      return { kind: 'failed', detail: meaning.detail, retryAfter };
    case 'other':
      return resultOfStatus(answer.status, retryAfter);
  }
}
