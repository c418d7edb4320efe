import { ownProperty } from '@mira/json';
import { webhookPathFault } from './webhook-path';
import { addressFault, type WorkflowAddressFault } from './workflow-address';

const WEBHOOK_NODE = 'n8n-nodes-base.webhook';
/** Those that n8n's node knows. A node is somebody's JSON: what else it says there is not repeated. */
const METHODS: ReadonlySet<string> = new Set(['DELETE', 'GET', 'HEAD', 'PATCH', 'POST', 'PUT']);
/** Of what a node says in a list or in one text. */
const MAX_METHODS = 10;
const MAX_METHODS_LENGTH = 100;

/** A Webhook node as n8n stores it, as far as it says where and how to call it. */
interface WebhookNode {
  readonly name: string;
  readonly webhookId: string | undefined;
  readonly path: string;
  readonly methods: readonly string[];
  readonly authentication: string | null;
}

/** Where a workflow takes a POST; `authentication` is n8n's name for what its node wants of callers, if anything. */
export interface WebhookPath {
  readonly kind: 'path';
  readonly path: string;
  readonly authentication?: string;
}

/**
 * Finds the path at which a workflow takes a POST, in the JSON that n8n's public API answers for it (seen in 2.8; 1.x
 * has the same without versions). Several nodes may: the first one counts, a route by path can name another.
 */
export function findWebhookPath(workflow: unknown, workflowId: string): WebhookPath | WorkflowAddressFault {
  const active = activeNodes(workflow);
  if (active === null) return inactive(workflow);
  const nodes = active.filter(isCallable).map(readNode);
  const node = nodes.find(({ methods }) => methods.includes('POST'));
  if (nodes.length === 0) {
    return addressFault(
      'no_webhook_node',
      'The workflow has no Webhook node that is switched on: add one, method POST.',
    );
  }
  if (!node) return wrongMethod(nodes);
  // n8n itself cannot register such a one, for it cannot stand in a URL.
  const isNamed = node.webhookId !== undefined || node.name.isWellFormed();
  const path = isNamed ? registeredPath(node, workflowId) : '';
  const fault = isNamed ? pathFault(path) : 'comes from the name of the node, which has half a character in it';
  if (fault === null)
    return { kind: 'path', path, ...(node.authentication && { authentication: node.authentication }) };
  const advice = 'Give the node a plain path, or let the route name the webhook path instead of the workflow.';
  return addressFault('no_webhook_node', `Mira cannot call the workflow's Webhook node: its path ${fault}. ${advice}`);
}

function pathFault(path: string): string | null {
  return path.startsWith('=') ? 'is an expression, which only n8n can evaluate' : webhookPathFault(path);
}

/** The nodes that run in production; null where none do. Since 2.0 `nodes` is the draft, which may be another. */
function activeNodes(workflow: unknown): unknown[] | null {
  const published = ownProperty(workflow, 'activeVersion');
  const isActive =
    ownProperty(workflow, 'active') === true || typeof ownProperty(workflow, 'activeVersionId') === 'string';
  if (!isActive) return null;
  const nodes = ownProperty(published, 'nodes') ?? ownProperty(workflow, 'nodes');
  return isList(nodes) ? nodes : [];
}

function isCallable(node: unknown): boolean {
  return ownProperty(node, 'type') === WEBHOOK_NODE && ownProperty(node, 'disabled') !== true;
}

function readNode(node: unknown): WebhookNode {
  const parameters = ownProperty(node, 'parameters');
  const webhookId = ownProperty(node, 'webhookId');
  return {
    name: textOr(ownProperty(node, 'name'), ''),
    webhookId: typeof webhookId === 'string' ? webhookId : undefined,
    path: textOr(ownProperty(parameters, 'path'), ''),
    methods: methodsOf(parameters),
    authentication: authenticationOf(parameters),
  };
}

function authenticationOf(parameters: unknown): string | null {
  const authentication = ownProperty(parameters, 'authentication');
  if (typeof authentication !== 'string' || authentication === 'none') return null;
  return /^\w{1,40}$/.test(authentication) ? authentication : 'an expression';
}

/** Parameters at their defaults are not stored: GET, or GET and POST where the node takes several methods. */
function methodsOf(parameters: unknown): string[] {
  const methods = ownProperty(parameters, 'httpMethod');
  if (isList(methods)) return methods.slice(0, MAX_METHODS).filter((method) => typeof method === 'string');
  if (typeof methods === 'string') {
    return methods
      .slice(0, MAX_METHODS_LENGTH)
      .split(',')
      .map((method) => method.trim());
  }
  return ownProperty(parameters, 'multipleMethods') === true ? ['GET', 'POST'] : ['GET'];
}

/** Under which path n8n registers the node, by its own rule: nodes that were never opened in the editor have no id. */
function registeredPath({ name, webhookId, path }: WebhookNode, workflowId: string): string {
  if (path.startsWith('=')) return path;
  const plain = path.replace(/^\//, '').replace(/\/$/, '');
  if (webhookId === undefined) return `${workflowId}/${encodeURIComponent(name.toLowerCase())}/${plain}`;
  return plain || webhookId;
}

function inactive(workflow: unknown): WorkflowAddressFault {
  if (ownProperty(workflow, 'isArchived') === true) {
    return addressFault('inactive', 'The workflow is archived in n8n: restore and activate it, or delete the route.');
  }
  return addressFault('inactive', 'The workflow is not active: activate (publish) it in n8n.');
}

function wrongMethod(nodes: readonly WebhookNode[]): WorkflowAddressFault {
  const methods = [...new Set(nodes.flatMap((node) => node.methods))];
  const isKnown = methods.every((method) => METHODS.has(method));
  const taken = isKnown ? `takes ${methods.join(', ')}` : 'has an expression, or nothing known,';
  return addressFault(
    'wrong_method',
    `The workflow's Webhook node ${taken} as its HTTP method, but Mira sends POST: set it to POST.`,
  );
}

/** `Array.isArray` would let the items through as `any`. */
function isList(value: unknown): value is unknown[] {
  return Array.isArray(value);
}

function textOr(value: unknown, otherwise: string): string {
  return typeof value === 'string' ? value : otherwise;
}
