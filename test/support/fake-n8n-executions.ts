import type { IncomingHttpHeaders } from 'node:http';

export type FakeStatus = 'running' | 'waiting' | 'success' | 'error' | 'canceled' | 'crashed';

export interface FakeRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** An execution: the request to a webhook that started it, be it itself or by one that failed before. */
export interface FakeExecution extends FakeRequest {
  readonly id: string;
  readonly workflowId: string;
  readonly retryOf: string | null;
  readonly startedAt: Date;
  /** n8n keeps none of it: `saveDataSuccessExecution` of the workflow. */
  readonly unsaved: boolean;
  status: FakeStatus;
  stoppedAt: Date | null;
  error: string | null;
}

/** The statuses that the API takes as a filter. Others are answered 400, be they statuses or not. */
export const LISTED_STATUSES = ['canceled', 'error', 'running', 'success', 'waiting'];

/**
 * As n8n's API tells of an execution. An ended one has the request in the output of its Webhook node; a running one,
 * whose data are not written yet, on the stack of nodes to be executed.
 */
export function executionJson(execution: FakeExecution, includeData: boolean): object {
  const { id, status, workflowId, retryOf, startedAt, stoppedAt } = execution;
  return {
    id,
    finished: status === 'success',
    mode: retryOf === null ? 'webhook' : 'retry',
    retryOf,
    retrySuccessId: null,
    status,
    startedAt,
    stoppedAt,
    workflowId,
    waitTill: status === 'waiting' ? new Date(startedAt.getTime() + 90_000) : null,
    ...(includeData && {
      data: dataOf(execution),
      workflowData: { id: workflowId, nodes: [], connections: {} },
      customData: {},
    }),
  };
}

function dataOf({ status, headers, body, error }: FakeExecution): object {
  const output = {
    main: [[{ json: { headers, params: {}, query: {}, body: body.toString() }, pairedItem: { item: 0 } }]],
  };
  const failed = { name: 'Stop', type: 'n8n-nodes-base.stopAndError' };
  const problem = error === null ? {} : { error: { name: 'NodeOperationError', message: error, node: failed } };
  if (status === 'running') {
    const stack = [{ node: { name: 'Webhook', type: 'n8n-nodes-base.webhook' }, data: output, source: null }];
    return { version: 1, startData: {}, resultData: { runData: {} }, executionData: { nodeExecutionStack: stack } };
  }
  const runData = { Webhook: [{ executionStatus: 'success', data: output }] };
  return {
    version: 1,
    startData: {},
    resultData: { ...problem, runData, lastNodeExecuted: error === null ? 'Done' : 'Stop' },
    executionData: { nodeExecutionStack: [] },
  };
}
