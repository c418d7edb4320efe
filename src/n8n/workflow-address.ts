/** Why a workflow cannot be called. */
export type WorkflowFault =
  | 'no_api_key'
  | 'workflow_unknown'
  | 'no_webhook_node'
  | 'wrong_method'
  | 'inactive'
  | 'unauthorized'
  | 'unreachable'
  | 'refused_address';

/**
 * Where a workflow is to be called, or why it cannot be. `detail` is a sentence that says what to change.
 * `permanent`: somebody has to change something (the route, the integration, the workflow's node); time alone,
 * n8n's return or the workflow's activation will not do it.
 */
export type WorkflowAddress =
  | {
      readonly kind: 'found';
      readonly url: string;
      readonly method: 'POST';
      /** What its Webhook node wants of callers (`basicAuth`, `headerAuth`, `jwtAuth` …), where it wants anything. */
      readonly authentication?: string;
    }
  | WorkflowAddressFault;

export interface WorkflowAddressFault {
  readonly kind: 'fault';
  readonly fault: WorkflowFault;
  readonly detail: string;
  readonly permanent: boolean;
}

const PASSING: ReadonlySet<WorkflowFault> = new Set(['inactive', 'unreachable']);

export function addressFault(fault: WorkflowFault, detail: string): WorkflowAddressFault {
  return { kind: 'fault', fault, detail, permanent: !PASSING.has(fault) };
}

/** What to do about a node that wants credentials. `sign` is what says that it does. */
export function wantsCredentials(sign: string): string {
  const detail = `The workflow's Webhook node wants credentials (${sign}), and Mira sends none.`;
  return `${detail} Set its Authentication to None, and verify the signature that Mira sends in webhook-signature.`;
}
