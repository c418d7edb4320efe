import { ownProperty } from '@mira/json';
import type { WorkflowView } from './n8n-view.dto';
import { wantsCredentials } from './workflow-address';
import { findWebhookPath } from './workflow.webhook';

const MAX_NAME_LENGTH = 200;

/** What a workflow of n8n's list is to Mira; null where it is none. */
export function listedWorkflow(workflow: object): WorkflowView | null {
  const id = ownProperty(workflow, 'id');
  const name = ownProperty(workflow, 'name');
  if (typeof id !== 'string' && typeof id !== 'number') return null;
  const found = findWebhookPath(workflow, String(id));
  const wanted = found.kind === 'path' ? found.authentication : undefined;
  const reason = found.kind === 'fault' ? found.detail : wanted === undefined ? null : wantsCredentials(wanted);
  return {
    id: String(id),
    name: typeof name === 'string' ? name.slice(0, MAX_NAME_LENGTH) : '',
    active: isActive(workflow),
    triggerable: reason === null,
    webhook_path: found.kind === 'path' ? found.path : null,
    reason,
  };
}

function isActive(workflow: object): boolean {
  return ownProperty(workflow, 'active') === true || typeof ownProperty(workflow, 'activeVersionId') === 'string';
}
