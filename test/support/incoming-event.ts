import { newId } from '../../src/database/new-id';
import type { IncomingEvent } from '../../src/webhook/ingest/incoming-event';

/** A GitHub push without a dedup key. */
export function anIncomingEvent(event: Partial<IncomingEvent> & Pick<IncomingEvent, 'tenantId'>): IncomingEvent {
  return {
    id: newId(),
    endpointId: null,
    service: 'github',
    eventType: 'push',
    dedupScope: 'github',
    dedupKey: null,
    proofHash: null,
    contentType: 'application/json',
    headers: { 'content-type': 'application/json' },
    body: Buffer.from('{"a":1}'),
    traceParent: null,
    receivedAt: new Date(),
    ...event,
  };
}
