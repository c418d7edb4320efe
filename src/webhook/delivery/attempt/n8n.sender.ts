import { OutboundClient } from '@mira/outbound';
import { signStandardWithEach } from '@mira/signature';
import { Injectable } from '@nestjs/common';
import { MiraConfig } from '../../../config/mira.config';
import { SecretCipher } from '../../../database/secret.cipher';
import { type N8nConnection, openConnection, secretsThatSign } from '../../../n8n/integration.connection';
import { classifyN8nAnswer } from '../../../n8n/n8n.answer';
import { addressFault, type WorkflowAddress } from '../../../n8n/workflow-address';
import { WorkflowDirectory, type WorkflowReference } from '../../../n8n/workflow.directory';
import { type AttemptAnswer, answerOf, type HttpResponse, withoutResponse } from './attempt-answer';
import { resultOfFault } from './bearing';
import type { DeliveryTarget, DueDelivery } from './due-delivery';
import { outboundHeaders } from './outbound-headers';
import { type AcceptedExecution, type AttemptResult, resultOfStatus } from './outcome';
import { parseRetryAfter } from './retry-schedule';
import { TimeOver, within } from './within';

type N8nTarget = Extract<DeliveryTarget, { kind: 'n8n' }>;

/** Calls a workflow of a connected n8n, through the workflow's own Webhook node. */
@Injectable()
export class N8nSender {
  constructor(
    private readonly config: MiraConfig,
    private readonly outbound: OutboundClient,
    private readonly cipher: SecretCipher,
    private readonly workflows: WorkflowDirectory,
  ) {}

  async send(delivery: DueDelivery, { workflow, integration }: N8nTarget): Promise<AttemptAnswer> {
    const connection = openConnection(this.cipher, integration);
    const start = performance.now();
    const address = await this.findWorkflow(connection, workflow);
    // What n8n took to say where the workflow is comes off the time of the attempt.
    const timeoutMs = Math.max(1, this.config.delivery.timeout_ms - Math.round(performance.now() - start));
    if (address.kind === 'fault') {
      return withoutResponse(resultOfFault(address), address.fault === 'silent' ? 'strained' : null);
    }
    const timestampSeconds = Math.floor(Date.now() / 1_000);
    const { body } = delivery.event;
    const signature = signStandardWithEach({ id: delivery.id, timestampSeconds, body }, secretsThatSign(connection));
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
    const now = new Date();
    const taker = {
      canBeAskedFor: connection.apiKey !== null,
      integrationId: connection.integrationId,
      workflowId: 'workflowId' in workflow ? workflow.workflowId : null,
    };
    return answerOf(answer, (response) => resultOfN8n(response, now, taker));
  }

  private async findWorkflow(connection: N8nConnection, workflow: WorkflowReference): Promise<WorkflowAddress> {
    const { timeout_ms } = this.config.delivery;
    try {
      return await within(timeout_ms, this.workflows.webhookUrl(connection, workflow));
    } catch (error) {
      if (!(error instanceof TimeOver)) throw error;
      return addressFault('silent', `n8n did not say within ${timeout_ms} ms where the workflow is.`);
    }
  }
}

/** Where an acceptance is all that there will ever be. */
const UNCONFIRMED =
  'n8n took it. Whether its workflow ran cannot be known: the integration has no API key of n8n to ask with.';

/** n8n's own ways of saying "not yet" come first; for all else its status speaks. */
function resultOfN8n(answer: HttpResponse, now: Date, taker: Omit<AcceptedExecution, 'id'>): AttemptResult {
  const retryAfter = parseRetryAfter(answer.headers['retry-after'], now);
  const meaning = classifyN8nAnswer(answer);
  switch (meaning.kind) {
    case 'ok':
      return {
        kind: 'done',
        ...(taker.canBeAskedFor ? {} : { detail: UNCONFIRMED }),
        execution: { id: meaning.executionId ?? null, ...taker },
      };
    case 'not_registered':
      if (meaning.cause === 'method') return { kind: 'rejected', detail: meaning.detail };
      return { kind: 'hold', reason: 'not_registered', scope: 'route', detail: meaning.detail };
    case 'starting':
      return { kind: 'hold', reason: 'starting', scope: 'integration', detail: meaning.detail };
    case 'unauthorized':
      return { kind: 'rejected', detail: meaning.detail };
    case 'other':
      return resultOfStatus(answer.status, retryAfter);
  }
}
