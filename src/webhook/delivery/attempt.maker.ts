import { OutboundClient, type OutboundResult } from '@mira/outbound';
import { describeError } from '@mira/problem';
import { signStandard } from '@mira/signature';
import { Injectable, Logger } from '@nestjs/common';
import { AgentRegistry } from '../../agent/agent.registry';
import { MiraConfig } from '../../config/mira.config';
import { SecretCipher } from '../../database/secret.cipher';
import { openConnection } from '../../n8n/integration.connection';
import { classifyN8nAnswer } from '../../n8n/n8n.answer';
import { WorkflowDirectory } from '../../n8n/workflow.directory';
import { parsePayload } from '../source/payload/parse-payload';
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

class AgentTimeout extends Error {}

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
    private readonly agents: AgentRegistry,
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
    const agent = this.agents.find(name);
    if (!agent) return { kind: 'failed', detail: `No agent ${name} is registered in this Mira.`, retryAfter: null };
    const { id: eventId, contentType, body, hops: _hops, ...event } = delivery.event;
    const parsed = parsePayload({ headers: contentType === null ? {} : { 'content-type': contentType }, body });
    const payload = parsed.kind === 'ok' ? parsed.payload.value : null;
    const { tenantId, id: deliveryId, attempt } = delivery;
    try {
      const work = agent.handle({
        ...event,
        tenantId,
        deliveryId,
        attempt,
        eventId,
        contentType,
        body,
        payload,
      });
      const result = await this.withinTimeout(work);
      if (result.kind === 'refused') return { kind: 'gone', detail: result.reason };
      return { kind: 'done', ...(result.detail === undefined ? {} : { detail: result.detail }) };
    } catch (error) {
      this.logger.warn({ msg: 'an agent failed', err: describeError(error), agent: name, delivery_id: deliveryId });
      const how = error instanceof AgentTimeout ? 'did not end in time' : 'failed';
      return { kind: 'failed', detail: `The agent ${name} ${how}.`, retryAfter: null };
    }
  }

  /** An agent cannot be stopped from outside; but its place is free for others, and it is tried again. */
  private async withinTimeout<T>(work: Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, fail) => {
      timer = setTimeout(() => fail(new AgentTimeout()), this.config.delivery.timeout_ms);
    });
    try {
      return await Promise.race([work, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  private async callWorkflow(delivery: DueDelivery, { workflow, integration }: N8nTarget): Promise<AttemptAnswer> {
    const connection = openConnection(this.cipher, integration);
    const address = await this.workflows.webhookUrl(connection, workflow);
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
      timeoutMs: this.config.delivery.timeout_ms,
    });
    if ('workflowId' in workflow && answer.kind === 'response' && answer.status === 404) {
      this.workflows.forget(connection, workflow.workflowId);
    }
    return answerOf(answer, new Date());
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
