import { EventPublisher, type HandedEvent, type InternalEvent, HOPS_HEADER, MAX_HOPS } from '@mira/internal-event';
import { Injectable, Logger } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { newId } from '../../database/new-id';
import { EventWriter } from '../ingest/event.writer';
import type { IncomingEvent } from '../ingest/incoming-event';
import { INTERNAL_SERVICE } from '../source/source.registry';

/**
 * Puts what happens in the program on the same way as what comes from outside: stored, routed, delivered. It is
 * neither counted nor limited as a webhook, and has no dedup key, for it is written once with what it tells of. One that
 * webhooks have led to round and round is stored, and goes nowhere.
 */
@Injectable()
export class InternalEventPublisher extends EventPublisher {
  private readonly logger = new Logger(InternalEventPublisher.name);

  constructor(private readonly writer: EventWriter) {
    super();
  }

  async publish(manager: EntityManager, tenantId: string, event: InternalEvent): Promise<string> {
    const incoming = incomingEvent(tenantId, event, new Date());
    const isInCircle = (event.hops ?? 0) > MAX_HOPS;
    if (isInCircle) {
      const { id } = incoming;
      this.logger.warn({
        msg: 'an event goes in a circle and is not routed',
        tenant_id: tenantId,
        event_id: id,
      });
    }
    await this.writer.writeWithin(manager, incoming, { isRouted: !isInCircle });
    return incoming.id;
  }

  async publishTo(
    manager: EntityManager,
    tenantId: string,
    agentName: string,
    event: InternalEvent,
  ): Promise<HandedEvent> {
    const incoming = incomingEvent(tenantId, event, new Date());
    return { eventId: incoming.id, deliveryId: await this.writer.writeTo(manager, incoming, agentName) };
  }
}

function incomingEvent(tenantId: string, { type, data, hops = 0, by }: InternalEvent, occurredAt: Date): IncomingEvent {
  const author = by && { user_id: by.userId, api_key_id: by.apiKeyId, home_tenant_id: by.homeTenantId };
  return {
    id: newId(),
    tenantId,
    endpointId: null,
    service: INTERNAL_SERVICE,
    eventType: type,
    dedupScope: INTERNAL_SERVICE,
    dedupKey: null,
    proofHash: null,
    contentType: 'application/json',
    headers: hops > 0 ? { [HOPS_HEADER]: String(hops) } : {},
    body: Buffer.from(JSON.stringify({ type, data, occurred_at: occurredAt.toISOString(), by: author })),
    traceParent: null,
    receivedAt: occurredAt,
  };
}
