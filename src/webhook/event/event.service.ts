import { decodeCursor, encodeCursor, toPage } from '@mira/page';
import { problems } from '@mira/problem';
import { Injectable } from '@nestjs/common';
import { TenantDatabase } from '../../database/tenant.database';
import { DeliveryRepository } from '../delivery/delivery.repository';
import { type EventDetailView, eventDetailView, type EventPage, eventView } from './event-view.dto';
import { EventRepository } from './event.repository';
import { timelineOf } from './event.timeline';
import { type TimelineView, timelineView } from './timeline-view.dto';
import { criteriaOf, type ListEventsQuery } from './list-events.dto';

/** The exact bytes of an event, and what its sender said they are. */
export interface EventBody {
  readonly bytes: Buffer;
  readonly contentType: string | null;
}

/** Shows a tenant what it received and what became of it. */
@Injectable()
export class EventService {
  constructor(
    private readonly database: TenantDatabase,
    private readonly events: EventRepository,
    private readonly deliveries: DeliveryRepository,
  ) {}

  async list(tenantId: string, { limit, cursor, ...query }: ListEventsQuery): Promise<EventPage> {
    const range = { after: null, before: decodeCursor(cursor), newestFirst: true };
    const { rows, searchedTo } = await this.database.transaction(tenantId, (manager) =>
      this.events.page(manager, tenantId, criteriaOf(query), range, limit + 1),
    );
    const page = toPage(rows.map(eventView), limit, ({ id }) => id);
    if (page.next_cursor !== null || !searchedTo) return { ...page, searched_to: null };
    return { ...page, next_cursor: encodeCursor(searchedTo.id), searched_to: searchedTo.receivedAt.toISOString() };
  }

  async get(tenantId: string, id: string): Promise<EventDetailView> {
    return this.database.transaction(tenantId, async (manager) => {
      const event = await this.events.find(manager, tenantId, id);
      if (!event) throw notFound();
      return eventDetailView(event, await this.deliveries.listOfEvent(manager, tenantId, id));
    });
  }

  async timeline(tenantId: string, id: string): Promise<TimelineView> {
    return this.database.transaction(tenantId, async (manager) => {
      const event = await this.events.find(manager, tenantId, id);
      if (!event) throw notFound();
      const deliveries = await this.deliveries.listOfEvent(manager, tenantId, id);
      const ids = deliveries.map((delivery) => delivery.id);
      const attempts = await this.deliveries.attemptsOfEvent(manager, tenantId, ids);
      const executions = await this.events.executions(manager, tenantId, ids);
      const holds = await this.events.holds(manager, tenantId, ids);
      const { receivedAt, bodyBytes } = event;
      return timelineView(id, timelineOf({ receivedAt, bodyBytes, deliveries, attempts, executions, holds }));
    });
  }

  async body(tenantId: string, id: string): Promise<EventBody> {
    const event = await this.database.transaction(tenantId, (manager) => this.events.findBody(manager, tenantId, id));
    if (!event) throw notFound();
    return { bytes: event.body, contentType: event.contentType };
  }
}

function notFound() {
  return problems.notFound('There is no such event.');
}
