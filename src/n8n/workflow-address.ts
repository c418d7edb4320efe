/** Why a workflow cannot be called. */
export type WorkflowFault =
  | 'no_api_key'
  | 'workflow_unknown'
  | 'no_webhook_node'
  | 'wrong_method'
  | 'inactive'
  | 'unauthorized'
  /** There is no connection. */
  | 'unreachable'
  /** It answers, but is not there yet. */
  | 'starting'
  /** It gave no answer in time, or one of its own trouble. */
  | 'silent'
  /** What answers is not the API, or not with a workflow that can be read. */
  | 'unreadable'
  | 'refused_address';

/**
 * Where a workflow is to be called, or why it cannot be. `detail` is a sentence that says what to change.
 * `permanent`: somebody has to change something (the route, the integration, the workflow's node); time alone,
 * n8n's return or the workflow's activation will not do it.
 */
export type WorkflowAddress =
  { readonly kind: 'found'; readonly url: string; readonly method: 'POST' } | WorkflowAddressFault;

export interface WorkflowAddressFault {
  readonly kind: 'fault';
  readonly fault: WorkflowFault;
  readonly detail: string;
  readonly permanent: boolean;
}

const PASSING: ReadonlySet<WorkflowFault> = new Set(['inactive', 'unreachable', 'starting', 'silent', 'unreadable']);

export function addressFault(fault: WorkflowFault, detail: string): WorkflowAddressFault {
  return { kind: 'fault', fault, detail, permanent: !PASSING.has(fault) };
}
