import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { type EventStatus, STATUS_OF_DELIVERIES } from './event-status';
import {
  addOtherConditions,
  addRowConditions,
  boundary,
  Conditions,
  type EventCriteria,
  type EventRange,
  isBounded,
  LOOKED_AT,
  rangeConditions,
  type SearchedTo,
} from './event.search';
import type { ExecutionRow, HoldRow } from './event.timeline';
import { WebhookEvent } from './webhook-event.entity';

/** A page of events, and how far the look for them went where it did not see all of its range. */
export interface EventFindings {
  readonly rows: EventSummary[];
  readonly searchedTo: SearchedTo | null;
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

/** `$1` is the tenant: by a constant a coordinator of Citus sees that all of it is on one server. */
const WITH_STATUS = `CROSS JOIN LATERAL (
    SELECT ${STATUS_OF_DELIVERIES} AS status FROM deliveries d WHERE d.tenant_id = $1 AND d.event_id = e.id
  ) s`;

const FROM = `FROM webhook_events e ${WITH_STATUS}`;

/** Asks the database for events, inside the caller's tenant-scoped transaction. The bodies stay there until asked for. */
@Injectable()
export class EventRepository {
  /** Up to `limit` of the events of a range. One look is bounded: `searchedTo` says where the next one goes on. */
  async search(
    manager: EntityManager,
    tenantId: string,
    criteria: EventCriteria,
    range: EventRange,
    limit: number,
  ): Promise<EventFindings> {
    const searchedTo = isBounded(criteria) ? await this.boundaryOf(manager, tenantId, criteria, range) : null;
    const where = rangeConditions(tenantId, criteria, range);
    const [direction, upTo] = range.newestFirst ? ['DESC', '>='] : ['ASC', '<='];
    if (searchedTo) where.texts.push(`e.id ${upTo} ${where.holding(searchedTo.id)}`);
    addRowConditions(where, criteria);
    addOtherConditions(where, criteria);
    const rows: EventSummary[] = await manager.query(
      `SELECT ${SUMMARY} ${FROM} WHERE ${where.toString()} ORDER BY e.id ${direction} LIMIT ${limit}`,
      where.values,
    );
    return { rows, searchedTo };
  }

  /**
   * The same for who goes on behind the last of a full page. Where that is found within a look, there is no need to know
   * first where the look ends.
   */
  async page(
    manager: EntityManager,
    tenantId: string,
    criteria: EventCriteria,
    range: EventRange,
    limit: number,
  ): Promise<EventFindings> {
    if (!isBounded(criteria) || criteria.q !== null) return this.search(manager, tenantId, criteria, range, limit);
    const where = rangeConditions(tenantId, criteria, range);
    const direction = range.newestFirst ? 'DESC' : 'ASC';
    const look = `SELECT * FROM webhook_events e WHERE ${where.toString()} ORDER BY e.id ${direction} LIMIT ${LOOKED_AT.events}`;
    const chosen = new Conditions(where.values);
    addRowConditions(chosen, criteria);
    addOtherConditions(chosen, criteria);
    const rows: EventSummary[] = await manager.query(
      `SELECT ${SUMMARY} FROM (${look}) AS e ${WITH_STATUS} WHERE ${chosen.toString()} ORDER BY e.id ${direction} LIMIT ${limit}`,
      chosen.values,
    );
    if (rows.length >= limit) return { rows, searchedTo: null };
    return this.search(manager, tenantId, criteria, range, limit);
  }

  /** Those of these ids that there are, the oldest first. */
  async findAll(manager: EntityManager, tenantId: string, ids: readonly string[]): Promise<EventSummary[]> {
    return manager.query(`SELECT ${SUMMARY} ${FROM} WHERE e.tenant_id = $1 AND e.id = ANY ($2::uuid[]) ORDER BY e.id`, [
      tenantId,
      ids,
    ]);
  }

  /** With headers and body, as routes look at it. */
  async findWhole(manager: EntityManager, tenantId: string, id: string): Promise<WebhookEvent | null> {
    return manager.findOneBy(WebhookEvent, { tenantId, id });
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

  /** The executions of these deliveries, first to last. */
  async executions(manager: EntityManager, tenantId: string, ids: readonly string[]): Promise<ExecutionRow[]> {
    return manager.query(
      `SELECT delivery_id AS "deliveryId", execution_id AS "executionId", how, status, started_at AS "startedAt",
         stopped_at AS "stoppedAt", error
       FROM delivery_executions WHERE tenant_id = $1 AND delivery_id = ANY ($2::uuid[]) ORDER BY delivery_id, number`,
      [tenantId, ids],
    );
  }

  /** Since when something holds these deliveries: their route is paused, or there is a hold on it or on its target. */
  async holds(manager: EntityManager, tenantId: string, ids: readonly string[]): Promise<HoldRow[]> {
    return manager.query(
      `SELECT d.id AS "deliveryId", coalesce(max(h.since), max(r.paused_at)) AS since
       FROM deliveries d
       JOIN routes r ON r.tenant_id = d.tenant_id AND r.id = d.route_id
       LEFT JOIN holds h ON h.tenant_id = d.tenant_id
         AND (h.scope, h.target_id) IN (('route', r.id), ('integration', r.integration_id))
       WHERE d.tenant_id = $1 AND d.id = ANY ($2::uuid[]) AND d.status = 'held'
       GROUP BY d.id HAVING coalesce(max(h.since), max(r.paused_at)) IS NOT NULL`,
      [tenantId, ids],
    );
  }

  private async boundaryOf(
    manager: EntityManager,
    tenantId: string,
    criteria: EventCriteria,
    range: EventRange,
  ): Promise<SearchedTo | null> {
    const { text, values } = boundary(tenantId, criteria, range);
    const [row]: SearchedTo[] = await manager.query(text, values);
    return row ?? null;
  }
}
