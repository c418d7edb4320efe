import type { N8nClient } from './client/n8n.client';
import type { N8nFailure, N8nReply } from './client/n8n.reply';
import type { N8nConnection } from './integration.connection';
import { productionUrl, webhookPathFault, workflowIdFault } from './webhook-path';
import { addressFault, type WorkflowAddress, type WorkflowAddressFault } from './workflow-address';
import { findWebhookPath } from './workflow.webhook';

/** How a route names a workflow. */
export type WorkflowReference = { readonly workflowId: string } | { readonly webhookPath: string };

interface Known {
  readonly address: WorkflowAddress;
  readonly untilMs: number;
}

const TTL_MS = 60_000;
const MAX_KNOWN = 5_000;

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
    private readonly client: N8nClient,
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
    const answer = await this.client.workflow(connection, workflowId);
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

function addressIn(reply: N8nReply<object>, { baseUrl }: N8nConnection, workflowId: string): WorkflowAddress {
  if (reply.kind === 'fault') return faultOf(reply);
  const found = findWebhookPath(reply.value, workflowId);
  if (found.kind === 'fault') return found;
  const { path, authentication } = found;
  return {
    kind: 'found',
    url: productionUrl(baseUrl, path),
    method: 'POST',
    ...(authentication && { authentication }),
  };
}

/** What n8n's API would not say of a workflow, as what it means for calling it. */
function faultOf({ fault, detail, status }: N8nFailure): WorkflowAddressFault {
  switch (fault) {
    case 'no_api_key':
    case 'refused_address':
    case 'unauthorized':
      return addressFault(fault, detail);
    case 'forbidden':
      return addressFault('unauthorized', "The integration's API key may not read workflows in n8n.");
    case 'not_found':
      return unknownWorkflow();
    case 'too_large':
      return addressFault('unreadable', 'The workflow is larger than 4 MiB; name its webhook path instead.');
    case 'unreachable':
      // What answers for an n8n that is not there is somebody all the same, and may do so of this call alone.
      return addressFault(status === null ? fault : 'silent', `n8n cannot be asked where the workflow is. ${detail}`);
    case 'starting':
    case 'silent':
      return addressFault(fault, `n8n cannot be asked where the workflow is. ${detail}`);
    case 'overloaded':
      return addressFault('silent', `n8n cannot be asked where the workflow is. ${detail}`);
    case 'not_the_api':
    case 'refused':
      return addressFault('unreadable', `n8n cannot be asked where the workflow is. ${detail}`);
  }
}

function unknownWorkflow(): WorkflowAddressFault {
  return addressFault('workflow_unknown', 'n8n has no workflow of this id, or the API key may not see it.');
}
