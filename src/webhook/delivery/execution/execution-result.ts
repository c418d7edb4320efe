import { ownProperty } from '@mira/json';
import { isUUID } from 'class-validator';

/** What an execution came to, as n8n tells of it, and of which delivery it is. */
export interface ReportedExecution {
  readonly executionId: string;
  /** Null where it is not told. */
  readonly workflowId: string | null;
  readonly status: 'succeeded' | 'failed';
  /** Why it failed, in n8n's words; null where it did not, or nothing was said. */
  readonly error: string | null;
  /** The delivery that started it; null where it has to be found by the execution. */
  readonly deliveryId: string | null;
}

/** What an `execution_result` webhook tells, or why nothing can be made of it. */
export type ExecutionResult =
  | { readonly kind: 'ok'; readonly execution: ReportedExecution }
  | { readonly kind: 'refused'; readonly reason: string };

/** n8n's own words for an execution that has ended, and Mira's. */
const STATUSES: ReadonlyMap<unknown, ReportedExecution['status']> = new Map<unknown, ReportedExecution['status']>([
  ['success', 'succeeded'],
  ['succeeded', 'succeeded'],
  ['error', 'failed'],
  ['crashed', 'failed'],
  ['canceled', 'failed'],
  ['failed', 'failed'],
]);

const ID = /^[\w-]{1,64}$/;

/**
 * Reads `{ workflow_type, data: { execution_id, workflow_id?, status, error?, delivery_id? } }`. `error` is a text, or an
 * object with a `message`, as n8n's Error Trigger has it. The reasons repeat nothing of what was sent.
 */
export function readExecutionResult(payload: unknown): ExecutionResult {
  const data = ownProperty(payload, 'data');
  if (typeof data !== 'object' || data === null || Array.isArray(data)) {
    return refused('data is missing or not an object');
  }
  const executionId = idIn(ownProperty(data, 'execution_id'));
  if (executionId === null) return refused('data.execution_id must be the id of an execution');
  const workflow = ownProperty(data, 'workflow_id') ?? null;
  const workflowId = idIn(workflow);
  if (workflow !== null && workflowId === null) return refused('data.workflow_id must be the id of a workflow');
  const status = STATUSES.get(ownProperty(data, 'status'));
  if (!status) return refused(`data.status must be one of ${[...STATUSES.keys()].join(', ')}`);
  const deliveryId = ownProperty(data, 'delivery_id') ?? null;
  if (deliveryId !== null && !isUUID(deliveryId)) return refused('data.delivery_id must be the id of a delivery');
  const error = status === 'failed' ? errorIn(ownProperty(data, 'error')) : null;
  const of = typeof deliveryId === 'string' ? deliveryId.toLowerCase() : null;
  return { kind: 'ok', execution: { executionId, workflowId, status, error, deliveryId: of } };
}

/** n8n counts its executions, and some send the number as one. */
function idIn(value: unknown): string | null {
  const text = typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : value;
  return typeof text === 'string' && ID.test(text) ? text : null;
}

function errorIn(error: unknown): string | null {
  const message = ownProperty(error, 'message') ?? error;
  return typeof message === 'string' && message.trim() !== '' ? message : null;
}

function refused(reason: string): Extract<ExecutionResult, { kind: 'refused' }> {
  return { kind: 'refused', reason: `Nothing was noted: ${reason}.` };
}
