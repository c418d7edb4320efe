import { ApiProperty } from '@nestjs/swagger';
import type { Delivery } from '../delivery/delivery.entity';
import { DeliveryView, deliveryView } from '../delivery/delivery-view.dto';
import { EVENT_STATUSES, type EventStatus } from './event-status';
import type { EventDetail, EventSummary } from './event.repository';

/** An event as it is listed. */
export class EventView {
  id!: string;
  service!: string;
  /** Null where the sender named none. */
  event_type!: string | null;
  /** Where it came in; null for the address without an endpoint. */
  endpoint_id!: string | null;
  /** The sender's own id of it; null where it gave none. */
  dedup_key!: string | null;
  content_type!: string | null;
  body_bytes!: number;
  received_at!: string;
  @ApiProperty({ enum: EVENT_STATUSES })
  status!: EventStatus;
}

/** One event with the headers it came with and where it went. */
export class EventDetailView extends EventView {
  /** By lower-case name; those that carry credentials were never kept. */
  @ApiProperty({ type: 'object', additionalProperties: { type: 'string' } })
  headers!: Record<string, string>;
  /** In the order they were planned; the last hundred. `GET deliveries?event_id=` has them all. */
  deliveries!: DeliveryView[];
}

export class EventPage {
  data!: EventView[];
  next_cursor!: string | null;
  /**
   * Where the search stopped before it had seen all events, for one look goes through so many only: those received
   * before are looked at with `next_cursor`. Null where it saw them all, or found a whole page before.
   */
  searched_to!: string | null;
}

export function eventView(event: EventSummary): EventView {
  return {
    id: event.id,
    service: event.service,
    event_type: event.eventType,
    endpoint_id: event.endpointId,
    dedup_key: event.dedupKey,
    content_type: event.contentType,
    body_bytes: event.bodyBytes,
    received_at: event.receivedAt.toISOString(),
    status: event.status,
  };
}

export function eventDetailView(event: EventDetail, deliveries: readonly Delivery[]): EventDetailView {
  return Object.assign(eventView(event), { headers: event.headers, deliveries: deliveries.map(deliveryView) });
}
