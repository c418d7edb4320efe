import { type Actor, actsOn, AuditTrail } from '@mira/audit';
import { HOPS_HEADER } from '@mira/internal-event';
import { ownProperty, parseJson } from '@mira/json';
import { OutboundClient, type OutboundResult } from '@mira/outbound';
import { problems } from '@mira/problem';
import { signStandardWithEach } from '@mira/signature';
import { Injectable } from '@nestjs/common';
import { MiraConfig } from '../../config/mira.config';
import { newId } from '../../database/new-id';
import { TenantDatabase } from '../../database/tenant.database';
import { QuotaAllowance } from '../../enterprise/plan/quota.allowance';
import { type N8nConnection, secretsThatSign } from '../integration.connection';
import { wantsCredentials } from '../workflow-address';
import { classifyN8nAnswer } from '../n8n.answer';
import { problemOfAddress } from '../n8n.problem';
import { TenantCalls } from '../tenant.calls';
import { USER_AGENT } from '../user-agent';
import { WorkflowDirectory } from '../workflow.directory';

/** What n8n said to a workflow that was started: `failed` where it ran and answered with its error. */
export interface TriggeredWorkflow {
  /** Mira's id of this call, which n8n got as `x-mira-delivery-id`. */
  readonly id: string;
  readonly status: 'accepted' | 'failed';
  /** Where the answer told it. */
  readonly executionId: string | null;
  readonly statusCode: number;
  /** The beginning of n8n's answer. */
  readonly body: Buffer;
}

type HttpResponse = Extract<OutboundResult, { kind: 'response' }>;

/**
 * Starts a workflow through its own Webhook node, for somebody who waits for n8n's answer. Signed like a delivery and
 * counted like one, before it is sent: n8n may run it even where its answer is lost. What is refused before it is sent
 * costs nothing.
 */
@Injectable()
export class WorkflowTrigger {
  constructor(
    private readonly config: MiraConfig,
    private readonly database: TenantDatabase,
    private readonly allowance: QuotaAllowance,
    private readonly workflows: WorkflowDirectory,
    private readonly outbound: OutboundClient,
    private readonly trail: AuditTrail,
    private readonly calls: TenantCalls,
  ) {}

  /**
   * @param hops deliveries of Mira's that lie behind it
   * @throws Problem where the workflow cannot be called, the plan has no room for one more, or n8n does not take it
   */
  async trigger(
    who: Actor,
    connection: N8nConnection,
    workflowId: string,
    { data, hops }: { data: object; hops: number },
  ): Promise<TriggeredWorkflow> {
    const address = await this.calls.during(who.tenantId, () => this.workflows.webhookUrl(connection, { workflowId }));
    if (address.kind === 'fault') throw problemOfAddress(address);
    if (address.authentication) throw needsCredentials(address.authentication);
    const id = newId();
    await this.count(who, connection, { id, workflow_id: workflowId });
    const answer = await this.outbound.send({
      method: address.method,
      url: address.url,
      ...signedRequest(id, { data, hops }, secretsThatSign(connection)),
      timeoutMs: this.config.delivery.timeout_ms,
    });
    if (answer.kind === 'response' && answer.status === 404) this.workflows.forget(connection, workflowId);
    return outcomeOf(id, answer);
  }

  private async count(who: Actor, { integrationId }: N8nConnection, after: object): Promise<void> {
    await this.database.transaction(who.tenantId, async (manager) => {
      await this.allowance.takeWorkflow(manager, who.tenantId);
      await this.trail.record(manager, who, actsOn('integration').did('workflow_triggered', integrationId, { after }));
    });
  }
}

function signedRequest(id: string, { data, hops }: { data: object; hops: number }, secrets: readonly string[]) {
  const body = Buffer.from(JSON.stringify(data));
  const timestampSeconds = Math.floor(Date.now() / 1_000);
  const headers = {
    'user-agent': USER_AGENT,
    'content-type': 'application/json',
    'webhook-id': id,
    'webhook-timestamp': String(timestampSeconds),
    'webhook-signature': signStandardWithEach({ id, timestampSeconds, body }, secrets),
    'x-mira-delivery-id': id,
    [HOPS_HEADER]: String(hops + 1),
  };
  return { headers, body };
}

function outcomeOf(id: string, answer: OutboundResult): TriggeredWorkflow {
  switch (answer.kind) {
    case 'refused_address':
      throw problems.conflict(answer.detail, { fault: 'refused_address' });
    case 'timeout':
      throw problems.upstreamFailed(`${answer.detail} The workflow may have started all the same.`, {
        fault: 'timeout',
      });
    case 'connection_failed':
      throw problems.upstreamFailed(answer.detail, { fault: 'unreachable' });
    case 'response':
      return outcomeOfResponse(id, answer);
  }
}

function outcomeOfResponse(id: string, answer: HttpResponse): TriggeredWorkflow {
  const meaning = classifyN8nAnswer(answer);
  const { status: statusCode, body } = answer;
  switch (meaning.kind) {
    case 'ok':
      return { id, status: 'accepted', executionId: meaning.executionId ?? null, statusCode, body };
    case 'not_registered':
      throw problems.conflict(meaning.detail, { fault: meaning.cause === 'method' ? 'wrong_method' : 'inactive' });
    case 'starting':
      throw problems.upstreamFailed(meaning.detail, { fault: 'starting' });
    case 'unauthorized':
      throw turnedAway(answer);
    case 'other':
      if (isWorkflowError(answer)) return { id, status: 'failed', executionId: null, statusCode, body };
      throw problems.upstreamFailed(`n8n answered ${statusCode}.`, { fault: 'unexpected_answer' });
  }
}

/** What n8n answers for a workflow that answers at its end, and failed. */
function isWorkflowError({ status, body }: HttpResponse): boolean {
  return status === 500 && ownProperty(parseJson(body.toString('utf8')), 'message') === 'Error in workflow';
}

/** By the node itself: for want of credentials, or because it takes calls from some addresses only. */
function turnedAway({ status, body }: HttpResponse) {
  if (!/\bIP is not allowed\b/i.test(body.toString('utf8'))) return needsCredentials(`it answered ${status}`);
  const detail =
    "The workflow's Webhook node takes calls from listed IP addresses only: add Mira's to its IP Whitelist.";
  return problems.conflict(detail, { fault: 'address_not_listed' });
}

function needsCredentials(sign: string) {
  return problems.conflict(wantsCredentials(sign), { fault: 'wants_credentials' });
}
