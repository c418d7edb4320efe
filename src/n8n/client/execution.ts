import { ownProperty } from '@mira/json';
import { oneLine } from './n8n.reply';

/**
 * How an execution stands, in n8n's own words. `error`, `crashed` and `canceled` are ends too; `waiting` is asleep
 * until a time or a call.
 */
export const EXECUTION_STATUSES = [
  'new',
  'running',
  'waiting',
  'success',
  'error',
  'crashed',
  'canceled',
  'unknown',
] as const;
export type ExecutionStatus = (typeof EXECUTION_STATUSES)[number];

/** An execution as n8n's API tells of it, less its data. */
export interface N8nExecution {
  readonly id: string;
  readonly status: ExecutionStatus;
  readonly workflowId: string | null;
  /** Null while it is queued. */
  readonly startedAt: Date | null;
  readonly stoppedAt: Date | null;
  /** The execution that this one repeats. */
  readonly retryOf: string | null;
  /** What n8n says went wrong; null unless its data were asked for and it failed. */
  readonly error: string | null;
  /** Mira's id of the delivery that started it; null unless its data were asked for and name one. */
  readonly deliveryId: string | null;
  /** The number of the attempt that did, where that is told too. */
  readonly attempt: number | null;
}

const ID = /^[A-Za-z0-9_-]{1,64}$/;
const DELIVERY_ID = /^[0-9a-f-]{36}$/;
const ATTEMPT = /^[1-9]\d{0,8}$/;
const MAX_ERROR_LENGTH = 400;
/** Nodes of an execution that are looked at for the request that started it: it is among the first. */
const MAX_NODES = 50;

export function isExecutionId(text: string): boolean {
  return ID.test(text);
}

/** Reads an execution of 1.x or 2.x; null where it is none. 1.x before 1.20 told of `finished` alone. */
export function readExecution(json: unknown): N8nExecution | null {
  const id = idIn(ownProperty(json, 'id'));
  if (id === null) return null;
  const stoppedAt = dateIn(ownProperty(json, 'stoppedAt'));
  const data = ownProperty(json, 'data');
  return {
    id,
    status: statusIn(json, stoppedAt),
    workflowId: idIn(ownProperty(json, 'workflowId')),
    startedAt: dateIn(ownProperty(json, 'startedAt')),
    stoppedAt,
    retryOf: idIn(ownProperty(json, 'retryOf')),
    error: errorIn(data),
    ...requestIn(data),
  };
}

/** A number in 1.x, a text of digits or a nanoid in 2.x. */
function idIn(id: unknown): string | null {
  const text = typeof id === 'number' ? String(id) : id;
  return typeof text === 'string' && ID.test(text) ? text : null;
}

function statusIn(json: unknown, stoppedAt: Date | null): ExecutionStatus {
  const said = ownProperty(json, 'status');
  const known = EXECUTION_STATUSES.find((status) => status === said);
  if (known) return known;
  if (ownProperty(json, 'finished') === true) return 'success';
  if (ownProperty(json, 'waitTill')) return 'waiting';
  return stoppedAt === null ? 'running' : 'error';
}

/** Other years are no time of an execution, and the database does not take all that JavaScript does. */
function dateIn(value: unknown): Date | null {
  if (typeof value !== 'string') return null;
  const date = new Date(value);
  const year = date.getUTCFullYear();
  return year >= 1970 && year <= 9999 ? date : null;
}

/** Which node failed, and with what. */
function errorIn(data: unknown): string | null {
  const error = ownProperty(ownProperty(data, 'resultData'), 'error');
  const message = ownProperty(error, 'message');
  if (typeof message !== 'string' || message === '') return null;
  const node =
    ownProperty(ownProperty(error, 'node'), 'name') ?? ownProperty(ownProperty(data, 'resultData'), 'lastNodeExecuted');
  const where = typeof node === 'string' && node !== '' ? ` (node ${oneLine(node, 80)})` : '';
  return oneLine(message, MAX_ERROR_LENGTH) + where;
}

/**
 * The request that started it stands in the output of its Webhook node, and while it runs in what is on the stack of
 * nodes to be executed.
 */
function requestIn(data: unknown): Pick<N8nExecution, 'deliveryId' | 'attempt'> {
  const runs = ownProperty(ownProperty(data, 'resultData'), 'runData');
  const outputs = typeof runs === 'object' && runs !== null ? Object.values(runs).slice(0, MAX_NODES) : [];
  const stack = ownProperty(ownProperty(data, 'executionData'), 'nodeExecutionStack');
  const waiting: unknown[] = Array.isArray(stack) ? stack.slice(0, MAX_NODES) : [];
  const places = [...outputs.map(firstOf), ...waiting];
  for (const place of places) {
    const item = firstOf(firstOf(ownProperty(ownProperty(place, 'data'), 'main')));
    const headers = ownProperty(ownProperty(item, 'json'), 'headers');
    const deliveryId = ownProperty(headers, 'x-mira-delivery-id');
    const attempt = ownProperty(headers, 'x-mira-attempt');
    if (typeof deliveryId === 'string' && DELIVERY_ID.test(deliveryId)) {
      return { deliveryId, attempt: typeof attempt === 'string' && ATTEMPT.test(attempt) ? Number(attempt) : null };
    }
  }
  return { deliveryId: null, attempt: null };
}

function firstOf(value: unknown): unknown {
  return Array.isArray(value) ? value[0] : undefined;
}
