import { ownProperty, parseJson } from '@mira/json';
import type { OutboundClient, OutboundResult } from '@mira/outbound';
import type { N8nConnection } from './integration.connection';
import { isRouteMissing, isStartingUp } from './n8n.answer';
import { productionUrl, webhookPathFault, workflowIdFault } from './webhook-path';
import { addressFault, type WorkflowAddress } from './workflow-address';
import { findWebhookPath } from './workflow.webhook';

/** How a route names a workflow. */
export type WorkflowReference = { readonly workflowId: string } | { readonly webhookPath: string };

interface Known {
  readonly address: WorkflowAddress;
  readonly untilMs: number;
}

const TTL_MS = 60_000;
const MAX_KNOWN = 5_000;
const LOOK_UP_TIMEOUT_MS = 10_000;
/** A workflow may hold pinned data and long code. */
const MAX_WORKFLOW_BYTES = 4 * 1_024 * 1_024;

/**
 * Tells where a workflow is to be called. n8n has no call that runs a workflow by its id, so its own Webhook node is
 * looked up, and remembered for a minute. Whoever asks meanwhile waits for the same look-up; what went wrong is not
 * remembered, for it may be put right at any moment.
 */
export class WorkflowDirectory {
  private readonly known = new Map<string, Known>();
  private readonly underWay = new Map<string, Promise<WorkflowAddress>>();

  /** @param nowMs a clock that never goes back, in milliseconds */
  constructor(
    private readonly outbound: OutboundClient,
    private readonly nowMs: () => number = () => performance.now(),
  ) {}

  /** By path nothing is asked. By id n8n is, unless it is known. */
  async webhookUrl(connection: N8nConnection, reference: WorkflowReference): Promise<WorkflowAddress> {
    if ('webhookPath' in reference) return addressOfPath(connection, reference.webhookPath);
    const { workflowId } = reference;
    const key = keyOf(connection, workflowId);
    const known = this.known.get(key);
    if (known && this.nowMs() < known.untilMs) return known.address;
    return this.underWay.get(key) ?? this.begin(key, connection, workflowId);
  }

  /** After n8n said that it does not know the address: the node may have another one now. */
  forget(connection: N8nConnection, workflowId: string): void {
    const key = keyOf(connection, workflowId);
    this.known.delete(key);
    // What is on its way may be what was there before.
    this.underWay.delete(key);
  }

  private begin(key: string, connection: N8nConnection, workflowId: string): Promise<WorkflowAddress> {
    const lookUp: Promise<WorkflowAddress> = this.lookUp(connection, workflowId)
      .then((address) => {
        if (address.kind === 'found' && this.underWay.get(key) === lookUp) this.remember(key, address);
        return address;
      })
      .finally(() => {
        if (this.underWay.get(key) === lookUp) this.underWay.delete(key);
      });
    this.underWay.set(key, lookUp);
    return lookUp;
  }

  /** The oldest goes first: with all living equally long, it is also the next to end. */
  private remember(key: string, address: WorkflowAddress): void {
    this.known.delete(key);
    for (const oldest of this.known.keys()) {
      if (this.known.size < MAX_KNOWN) break;
      this.known.delete(oldest);
    }
    this.known.set(key, { address, untilMs: this.nowMs() + TTL_MS });
  }

  private async lookUp(connection: N8nConnection, workflowId: string): Promise<WorkflowAddress> {
    if (connection.apiKey === null) {
      const detail = 'The integration has no n8n API key, which is needed to find a workflow by its id: add one, or';
      return addressFault('no_api_key', `${detail} let the route name the webhook path.`);
    }
    if (workflowIdFault(workflowId) !== null) return unknownWorkflow();
    const answer = await this.outbound.send({
      method: 'GET',
      url: `${connection.baseUrl}/api/v1/workflows/${workflowId}`,
      headers: { accept: 'application/json', 'x-n8n-api-key': connection.apiKey },
      timeoutMs: LOOK_UP_TIMEOUT_MS,
      maxBodyBytes: MAX_WORKFLOW_BYTES,
    });
    return addressIn(answer, connection, workflowId);
  }
}

/** The address is part of it, so that an integration which moved is asked at once where its workflows are now. */
function keyOf({ integrationId, baseUrl }: N8nConnection, workflowId: string): string {
  return JSON.stringify([integrationId, baseUrl, workflowId]);
}

function addressOfPath({ baseUrl }: N8nConnection, path: string): WorkflowAddress {
  const fault = webhookPathFault(path);
  if (fault !== null) return addressFault('no_webhook_node', `The webhook path of the route ${fault}.`);
  return { kind: 'found', url: productionUrl(baseUrl, path), method: 'POST' };
}

function addressIn(answer: OutboundResult, connection: N8nConnection, workflowId: string): WorkflowAddress {
  switch (answer.kind) {
    case 'refused_address':
      return addressFault('refused_address', answer.detail);
    case 'timeout':
      return addressFault('silent', `n8n cannot be asked where the workflow is. ${answer.detail}`);
    case 'connection_failed':
      return addressFault('unreachable', `n8n cannot be asked where the workflow is. ${answer.detail}`);
    case 'response':
      return addressInResponse(answer, connection, workflowId);
  }
}

function addressInResponse(
  { status, body, truncated }: Extract<OutboundResult, { kind: 'response' }>,
  connection: N8nConnection,
  workflowId: string,
): WorkflowAddress {
  const text = body.toString('utf8');
  if (isStartingUp(status, text)) return addressFault('starting', 'n8n is starting up.');
  if (status === 401) return addressFault('unauthorized', 'n8n does not accept the API key of the integration.');
  if (status === 403) return addressFault('unauthorized', "The integration's API key may not read workflows in n8n.");
  const answer = parseJson(text);
  // A 404 that is not JSON comes from something before the API: a proxy, or an n8n that is still starting.
  if (status === 404 && typeof answer === 'object') return unknownWorkflow();
  if (status === 404 && isRouteMissing(text)) return addressFault('starting', notTheApi(status));
  if (status >= 500 || status === 429) return addressFault('silent', notTheApi(status));
  if (status !== 200) return addressFault('unreadable', notTheApi(status));
  if (truncated) return addressFault('unreadable', 'The workflow is larger than 4 MiB; name its webhook path instead.');
  if (!Array.isArray(ownProperty(answer, 'nodes'))) return addressFault('unreadable', notTheApi(status));
  const found = findWebhookPath(answer, workflowId);
  if (found.kind === 'fault') return found;
  return { kind: 'found', url: productionUrl(connection.baseUrl, found.path), method: 'POST' };
}

function unknownWorkflow(): WorkflowAddress {
  return addressFault('workflow_unknown', 'n8n has no workflow of this id, or the API key may not see it.');
}

function notTheApi(status: number): string {
  return `n8n's API answered ${status} and no workflow: it is starting or in trouble, or the base URL is not n8n's.`;
}
