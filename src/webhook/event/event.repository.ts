import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { type EventStatus, NARROWING, STATUS_OF_DELIVERIES } from './event-status';
import { idAfter, idBefore } from './id-time';
import { WebhookEvent } from './webhook-event.entity';

/** Which events, newest first; null means that it does not matter. */
export interface EventSearch {
  readonly limit: number;
  readonly before: string | null;
  readonly service: string | null;
  readonly eventType: string | null;
  readonly status: EventStatus | null;
  readonly from: Date | null;
  readonly to: Date | null;
}

/** An event without its body and headers, and what became of it. */
export interface EventSummary extends Omit<WebhookEvent, 'tenantId' | 'headers' | 'body' | 'traceParent'> {
  readonly bodyBytes: number;
  readonly status: EventStatus;
}

export interface EventDetail extends EventSummary {
  readonly headers: Record<string, string>;
}

const SUMMARY = `e.id, e.service, e.event_type AS "eventType", e.endpoint_id AS "endpointId", e.dedup_key AS "dedupKey",
  e.content_type AS "contentType", octet_length(e.body) AS "bodyBytes", e.received_at AS "receivedAt", s.status`;

const FROM = `FROM webhook_events e
  CROSS JOIN LATERAL (
    SELECT ${STATUS_OF_DELIVERIES} AS status FROM deliveries d WHERE d.tenant_id = e.tenant_id AND d.event_id = e.id
  ) s`;

/** Asks the database for events, inside the caller's tenant-scoped transaction. The bodies stay there until asked for. */
@Injectable()
export class EventRepository {
  async list(manager: EntityManager, tenantId: string, search: EventSearch): Promise<EventSummary[]> {
    const { conditions, values } = conditionsOf(tenantId, search);
    const rows: EventSummary[] = await manager.query(
      `SELECT ${SUMMARY} ${FROM} WHERE ${conditions.join(' AND ')} ORDER BY e.id DESC LIMIT ${search.limit}`,
      values,
    );
    return rows;
  }

  async find(manager: EntityManager, tenantId: string, id: string): Promise<EventDetail | null> {
    const [row]: EventDetail[] = await manager.query(
      `SELECT ${SUMMARY}, e.headers ${FROM} WHERE e.tenant_id = $1 AND e.id = $2`,
      [tenantId, id],
    );
    return row ?? null;
  }

  async findBody(
    manager: EntityManager,
    tenantId: string,
    id: string,
  ): Promise<Pick<WebhookEvent, 'contentType' | 'body'> | null> {
    return manager.findOne(WebhookEvent, {
      select: { tenantId: true, id: true, contentType: true, body: true },
      where: { tenantId, id },
    });
  }
}

function conditionsOf(tenantId: string, search: EventSearch): { conditions: string[]; values: unknown[] } {
  const values: unknown[] = [];
  const holding = (value: unknown): string => `$${values.push(value)}`;
  const conditions = [`e.tenant_id = ${holding(tenantId)}`];
  if (search.before !== null) conditions.push(`e.id < ${holding(search.before)}`);
  if (search.service !== null) conditions.push(`e.service = ${holding(search.service)}`);
  if (search.eventType !== null) conditions.push(`e.event_type = ${holding(search.eventType)}`);
  if (search.status !== null) {
    conditions.push(`s.status = ${holding(search.status)}`);
    const narrowing = NARROWING[search.status];
    if (narrowing) conditions.push(`e.id IN (SELECT event_id FROM deliveries WHERE tenant_id = $1 AND ${narrowing})`);
  }
  // The ids are ordered by time and have the index; the exact bounds are the row's own time.
  if (search.from) {
    conditions.push(`e.id >= ${holding(idBefore(search.from))}`, `e.received_at >= ${holding(search.from)}`);
  }
  if (search.to) conditions.push(`e.id < ${holding(idAfter(search.to))}`, `e.received_at < ${holding(search.to)}`);
  return { conditions, values };
}
