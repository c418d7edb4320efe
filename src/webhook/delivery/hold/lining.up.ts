import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { type OrderedRoute, RouteOrder, WAITING } from './route.order';

/** Few enough that nobody waits long behind them: who stores events along the route needs the same lock. */
const PAGE = 1_000;

/** How far the lining up of a route came; the places up to `end` are kept free for it. */
export interface Lining {
  readonly route: OrderedRoute;
  readonly after: string | null;
  readonly next: number;
  readonly end: number;
}

/**
 * Begins to keep the order of a route that kept none: all that waits along it is put in line, the oldest first, before what
 * comes from now on. What is under way stays out of it, and so does what is dead already. There may be very many of
 * them, so that it is done page after page, each in a transaction of its own; until its page has come, what waits may
 * still begin beside the line.
 */
@Injectable()
export class LiningUp {
  constructor(private readonly order: RouteOrder) {}

  /** A page of the places from a time when the route kept an order before, which mean nothing. Whether there are more. */
  async forget(manager: EntityManager, { tenantId, routeId }: OrderedRoute): Promise<boolean> {
    const [, count]: [unknown, number] = await manager.query(FORGET_PLACES, [tenantId, routeId, PAGE]);
    return count === PAGE;
  }

  /** In the transaction that switches it on, with the first page. Null where that was all. */
  async begin(manager: EntityManager, route: OrderedRoute): Promise<Lining | null> {
    await this.order.lockWithin(manager, [route]);
    while (await this.forget(manager, route));
    const [rows]: [{ end: string; count: number }[], number] = await manager.query(RESERVE, [
      route.tenantId,
      route.routeId,
    ]);
    const { end, count } = rows[0] ?? { end: '0', count: 0 };
    return this.goOn(manager, { route, after: null, next: Number(end) - count, end: Number(end) });
  }

  /** One more page. Null where that was the last. */
  async goOn(manager: EntityManager, { route, after, next, end }: Lining): Promise<Lining | null> {
    const limit = Math.min(PAGE, end - next);
    if (limit === 0) return null;
    const { tenantId, routeId } = route;
    await this.order.lockWithin(manager, [route]);
    const [rows]: [{ id: string }[], number] = await manager.query(LINE_UP, [tenantId, routeId, after, next, limit]);
    await this.order.advanceWithin(manager, [route]);
    const last = rows.reduce<string | null>((most, { id }) => (most === null || id > most ? id : most), null);
    return last === null ? null : { route, after: last, next: next + rows.length, end };
  }
}

const FORGET_PLACES = `
  WITH page AS (
    SELECT id FROM deliveries
    WHERE tenant_id = $1 AND route_id = $2 AND position IS NOT NULL AND status IN ('queued', 'held', 'dead')
    ORDER BY id LIMIT $3 FOR UPDATE)
  UPDATE deliveries d SET position = NULL FROM page WHERE d.tenant_id = $1 AND d.id = page.id`;

const UNPLACED = 'tenant_id = $1 AND route_id = $2 AND position IS NULL AND attempting_since IS NULL';

const RESERVE = `
  WITH waiting AS (
    SELECT count(*)::int AS count FROM deliveries WHERE ${UNPLACED} AND status IN ('queued', 'held'))
  UPDATE route_positions p SET last = p.last + waiting.count
  FROM waiting WHERE p.tenant_id = $1 AND p.route_id = $2
  RETURNING p.last AS "end", waiting.count`;

/** From the index of what is open, in which each status has its own order. */
const pageOf = (status: string) => `
  (SELECT id FROM deliveries WHERE ${UNPLACED} AND status = '${status}' AND ($3::uuid IS NULL OR id > $3)
   ORDER BY id LIMIT $5)`;

const LINE_UP = `
  WITH page AS MATERIALIZED (
    SELECT id FROM (${pageOf('queued')} UNION ALL ${pageOf('held')}) AS waiting ORDER BY id LIMIT $5
  ), locked AS (
    SELECT id FROM deliveries
    WHERE ${UNPLACED} AND status IN ('queued', 'held') AND id IN (SELECT id FROM page) ORDER BY id FOR UPDATE
  ), placed AS (
    SELECT id, row_number() OVER (ORDER BY id) AS place FROM locked
  )
  UPDATE deliveries d SET position = $4 + placed.place, ${WAITING}
  FROM placed
  WHERE d.tenant_id = $1 AND d.id = placed.id
    AND EXISTS (SELECT FROM routes WHERE tenant_id = $1 AND id = $2 AND ordered)
  RETURNING d.id`;
