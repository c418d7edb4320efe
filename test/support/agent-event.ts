import type { AgentEvent } from '../../src/agent/agent';
import { newId } from '../../src/database/new-id';

/** An event of a workflow, on its first way to an agent. */
export function anAgentEvent(
  event: Partial<AgentEvent> & Pick<AgentEvent, 'tenantId'>,
  payload: unknown = { workflow_type: 'project_initialization', data: { name: 'Apollo', description: 'To the Moon' } },
): AgentEvent {
  return {
    eventId: newId(),
    deliveryId: newId(),
    attempt: 1,
    service: 'n8n',
    eventType: 'project_initialization',
    contentType: 'application/json',
    payload,
    body: Buffer.from(JSON.stringify(payload)),
    receivedAt: new Date(),
    hops: 1,
    by: { userId: null, apiKeyId: null },
    config: {},
    ...event,
  };
}
