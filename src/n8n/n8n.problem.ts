import { problems } from '@mira/problem';
import type { N8nFailure } from './client/n8n.reply';
import type { WorkflowAddressFault } from './workflow-address';

/**
 * What n8n's API would not do, as it is answered: 404 where n8n knows no such thing, 502 where trying again later may
 * help, and else 409, for somebody has to change something first. `fault` tells programs which.
 */
export function problemOfFailure({ fault, detail }: N8nFailure) {
  switch (fault) {
    case 'not_found':
      return problems.notFound(detail);
    case 'starting':
    case 'unreachable':
    case 'silent':
    case 'overloaded':
      return problems.upstreamFailed(detail, { fault });
    case 'no_api_key':
    case 'unauthorized':
    case 'forbidden':
    case 'refused':
    case 'refused_address':
    case 'too_large':
    case 'not_the_api':
      return problems.conflict(detail, { fault });
  }
}

/** The same for a workflow that cannot be called. */
export function problemOfAddress({ fault, detail }: WorkflowAddressFault) {
  switch (fault) {
    case 'workflow_unknown':
      return problems.notFound(detail);
    case 'starting':
    case 'unreachable':
    case 'silent':
    case 'unreadable':
      return problems.upstreamFailed(detail, { fault });
    case 'no_api_key':
    case 'no_webhook_node':
    case 'wrong_method':
    case 'inactive':
    case 'unauthorized':
    case 'refused_address':
      return problems.conflict(detail, { fault });
  }
}
