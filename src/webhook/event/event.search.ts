import type { Statement } from '../../database/group.client';
import { type EventStatus, NARROWING } from './event-status';
import { idAfter, idBefore } from './id-time';

/** Which events; all that is not null must hold. */
export interface EventCriteria {
  readonly service: string | null;
  readonly eventType: string | null;
  readonly status: EventStatus | null;
  readonly from: Date | null;
  readonly to: Date | null;
  /** A text that stands in the body, in any case. */
  readonly q: string | null;
}

/** All of them. */
export const ANY_EVENT: EventCriteria = { service: null, eventType: null, status: null, from: null, to: null, q: null };

/** The part of the events, which are ordered by their ids, that is looked at. */
export interface EventRange {
  /** Beyond this one and before that one, neither of them included; null is the end of all. */
  readonly after: string | null;
  readonly before: string | null;
  readonly newestFirst: boolean;
}

/** Where a look ended before it had seen all of its range. */
export interface SearchedTo {
  readonly id: string;
  readonly receivedAt: Date;
}

/**
 * One look goes through so many events, of one type where that is asked for, and so many bytes of bodies where it looks
 * into these. There may be millions of them, and an index of all that stands in them would cost everybody who receives;
 * so a look is short, says how far it came, and the next one goes on from there.
 */
export const LOOKED_AT = { events: 20_000, bodyBytes: 8_388_608 } as const;

/** A statement that grows, with its values. */
export class Conditions {
  readonly values: unknown[];
  readonly texts: string[] = [];

  /** @param before values that stand in the statement already */
  constructor(before: readonly unknown[] = []) {
    this.values = [...before];
  }

  holding(value: unknown): string {
    return `$${this.values.push(value)}`;
  }

  toString(): string {
    return this.texts.join(' AND ');
  }
}

/**
 * Of `e`, a table of events: what an index finds. The ids are ordered by time, to the millisecond and the clock of who
 * made them, as a whole and within a type; {@link addRowConditions} has the exact bounds, which are the row's own time.
 * Together the planner takes them to be two things, and expects few of a day's events where it finds all.
 */
export function rangeConditions(
  tenantId: string,
  { eventType, from, to }: EventCriteria,
  { after, before }: EventRange,
): Conditions {
  const where = new Conditions();
  where.texts.push(`e.tenant_id = ${where.holding(tenantId)}`);
  if (eventType !== null) where.texts.push(`e.event_type = ${where.holding(eventType)}`);
  if (after !== null) where.texts.push(`e.id > ${where.holding(after)}`);
  if (before !== null) where.texts.push(`e.id < ${where.holding(before)}`);
  if (from) where.texts.push(`e.id >= ${where.holding(idBefore(from))}`);
  if (to) where.texts.push(`e.id < ${where.holding(idAfter(to))}`);
  return where;
}

/** Those that a row of `e` answers by itself, without its body. */
export function addRowConditions(where: Conditions, { service, from, to }: EventCriteria): void {
  if (from) where.texts.push(`e.received_at >= ${where.holding(from)}`);
  if (to) where.texts.push(`e.received_at < ${where.holding(to)}`);
  if (service !== null) where.texts.push(`e.service = ${where.holding(service)}`);
}

/** All others; `s.status` is that of the event, `$1` the tenant. */
export function addOtherConditions(where: Conditions, { status, q }: EventCriteria): void {
  if (status !== null) {
    where.texts.push(`s.status = ${where.holding(status)}`);
    const narrowing = NARROWING[status];
    if (narrowing) where.texts.push(`e.id IN (SELECT event_id FROM deliveries WHERE tenant_id = $1 AND ${narrowing})`);
  }
  // By position, so that nothing in it means anything but itself.
  if (q !== null) where.texts.push(`strpos(lower(text_of_body(e.body)), lower(${where.holding(q)})) > 0`);
}

/** Whether finding a page might take a look at far more events than there are on it. */
export function isBounded({ service, status, q }: EventCriteria): boolean {
  const isSparse = status !== null && NARROWING[status] === null;
  return service !== null || q !== null || isSparse;
}

/** Finds the last event of a look; nothing where there is none behind it, and the look saw all there is. */
export function boundary(tenantId: string, criteria: EventCriteria, range: EventRange): Statement {
  return criteria.q === null ? boundaryByCount(tenantId, criteria, range) : boundaryByBytes(tenantId, criteria, range);
}

/** By the index alone, where nothing is looked for in bodies. */
function boundaryByCount(tenantId: string, criteria: EventCriteria, range: EventRange): Statement {
  const where = rangeConditions(tenantId, criteria, range);
  const [direction, beyond] = range.newestFirst ? ['DESC', '<'] : ['ASC', '>'];
  const text = `
    SELECT last.id, last.received_at AS "receivedAt"
    FROM (SELECT e.id FROM webhook_events e WHERE ${where.toString()}
          ORDER BY e.id ${direction} OFFSET ${LOOKED_AT.events - 1} LIMIT 1) AS place
    JOIN webhook_events last ON last.tenant_id = $1 AND last.id = place.id
    WHERE EXISTS (SELECT FROM webhook_events e WHERE ${where.toString()} AND e.id ${beyond} place.id)`;
  return { text, values: where.values };
}

function boundaryByBytes(tenantId: string, criteria: EventCriteria, range: EventRange): Statement {
  const where = rangeConditions(tenantId, criteria, range);
  const rangeText = where.toString();
  const [direction, beyond, last] = range.newestFirst ? ['DESC', '<', 'ASC'] : ['ASC', '>', 'DESC'];
  const text = `
    SELECT last.id, last.received_at AS "receivedAt"
    FROM (
      SELECT id, received_at FROM (
        SELECT id, received_at, row_number() OVER w AS place, sum(weight) OVER w AS bytes
        FROM (SELECT e.id, e.received_at, ${weightOf(criteria, where)} AS weight FROM webhook_events e WHERE ${rangeText}
              ORDER BY e.id ${direction} LIMIT ${LOOKED_AT.events}) AS looked_at
        WINDOW w AS (ORDER BY id ${direction})
      ) AS weighed
      WHERE place = 1 OR bytes <= ${LOOKED_AT.bodyBytes}
      ORDER BY id ${last} LIMIT 1
    ) AS last
    WHERE EXISTS (SELECT FROM webhook_events e WHERE ${rangeText} AND e.id ${beyond} last.id)`;
  return { text, values: where.values };
}

/** What of a row has to be read: nothing but where there is a text to be found in it. */
function weightOf(criteria: EventCriteria, where: Conditions): string {
  const before = where.texts.length;
  addRowConditions(where, criteria);
  const conditions = where.texts.slice(before);
  return conditions.length === 0
    ? 'octet_length(e.body)'
    : `CASE WHEN ${conditions.join(' AND ')} THEN octet_length(e.body) ELSE 0 END`;
}
