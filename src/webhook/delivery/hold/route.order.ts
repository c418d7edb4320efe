import { Inject, Injectable, Optional } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { DATABASE_TARGET, type DatabaseTarget } from '../../../database/database-target';
import { type Narrowing, narrowing } from '../../../database/distribution';
import type { GroupClient, Statement } from '../../../database/group.client';
import { DeliveryQueue, type PlannedAttempt } from '../queue/delivery.queue';

/** An ordered route. */
export interface OrderedRoute {
  readonly tenantId: string;
  readonly routeId: string;
}

/** A delivery along one, as it was just added: `queued`, and with no job. */
export interface AddedDelivery extends OrderedRoute {
  readonly id: string;
}

interface QueuedRow {
  tenant_id: string;
  id: string;
  attempt_count: number;
}

/**
 * The order of routes that keep one. Each of their deliveries has a position; the first of those that are `queued`,
 * `held` or `dead` is the head, which alone may be attempted, and all behind it are held for `order`. Whoever adds
 * deliveries or moves a head does so under the lock of the route's row in `route_positions`, taken before any delivery's
 * own, and queues the head that comes of it in the same transaction.
 */
@Injectable()
export class RouteOrder {
  private readonly only: Narrowing;

  constructor(
    private readonly queue: DeliveryQueue,
    @Optional() @Inject(DATABASE_TARGET) target?: Pick<DatabaseTarget, 'isDistributed'>,
  ) {
    this.only = narrowing(target);
  }

  /** Of these routes, sorted and each once; to be called before the deliveries are touched. */
  async lock(client: GroupClient, routes: readonly OrderedRoute[]): Promise<void> {
    if (routes.length > 0) await client.query(statement('lock-order', LOCK, routes));
  }

  /** The attempts of the deliveries that are the heads of their routes now and were held for their turn. */
  async advance(client: GroupClient, routes: readonly OrderedRoute[]): Promise<PlannedAttempt[]> {
    if (routes.length === 0) return [];
    return attemptsOf((await client.query<QueuedRow>(statement('advance-order', advanceSql(this.only), routes))).rows);
  }

  /**
   * Puts deliveries that this transaction added at the end of their routes' lines, in the order of their events: held
   * for their turn. The attempts that may begin at once.
   */
  async place(client: GroupClient, added: readonly AddedDelivery[]): Promise<PlannedAttempt[]> {
    // One behind the other: each must see what those before it waited for.
    const [, , , advanced] = await Promise.all([
      client.query(statement('lock-order', LOCK, added)),
      client.query({ name: 'hold-for-order', ...holdingBack(added, this.only) }),
      client.query(statement('place-in-order', placeSql(this.only), added)),
      client.query<QueuedRow>(statement('advance-order', advanceSql(this.only), added)),
    ]);
    return attemptsOf(advanced.rows);
  }

  /** The same within a transaction of TypeORM, jobs included. Whoever locks deliveries locks their routes first. */
  async placeWithin(manager: EntityManager, added: readonly AddedDelivery[]): Promise<void> {
    if (added.length === 0) return;
    await this.lockWithin(manager, added);
    await run(manager, holdingBack(added, this.only));
    await run(manager, statement('', placeSql(this.only), added));
    await this.advanceWithin(manager, added);
  }

  async lockWithin(manager: EntityManager, routes: readonly OrderedRoute[]): Promise<void> {
    if (routes.length > 0) await run(manager, statement('', LOCK, routes));
  }

  /** Queues the heads. Returns how many there were. */
  async advanceWithin(manager: EntityManager, routes: readonly OrderedRoute[]): Promise<number> {
    if (routes.length === 0) return 0;
    const [rows] = (await run(manager, statement('', advanceSql(this.only), routes))) as [QueuedRow[], number];
    await this.queue.enqueue(manager, attemptsOf(rows));
    return rows.length;
  }
}

/** In the order in which all lock them. */
export function sortedOnce(routes: readonly OrderedRoute[]): OrderedRoute[] {
  const byKey = new Map(routes.map((route) => [`${route.tenantId} ${route.routeId}`, route]));
  return [...byKey.keys()].sort().flatMap((key) => byKey.get(key) ?? []);
}

function statement(name: string, text: string, routes: readonly OrderedRoute[]): Statement {
  const sorted = sortedOnce(routes);
  const values = [sorted.map(({ tenantId }) => tenantId), sorted.map(({ routeId }) => routeId)];
  return { ...(name && { name }), text, values };
}

function holdingBack(added: readonly AddedDelivery[], only: Narrowing): Statement {
  return { text: holdBackSql(only), values: [added.map(({ tenantId }) => tenantId), added.map(({ id }) => id)] };
}

function run(manager: EntityManager, { text, values }: Statement): Promise<unknown> {
  return manager.query(text, values);
}

function attemptsOf(rows: readonly QueuedRow[]): PlannedAttempt[] {
  return rows.map(({ tenant_id: tenantId, id: deliveryId, attempt_count: made }) => ({
    tenantId,
    deliveryId,
    attempt: made + 1,
    startAfter: null,
  }));
}

const ROUTES = 'unnest($1::uuid[], $2::uuid[]) AS t (tenant_id, route_id)';

const LOCK = `
  INSERT INTO route_positions AS p (tenant_id, route_id, last)
  SELECT tenant_id, route_id, 0 FROM ${ROUTES} ORDER BY tenant_id, route_id
  ON CONFLICT (tenant_id, route_id) DO UPDATE SET last = p.last`;

/** What a delivery is set to that waits for its turn. */
export const WAITING = `status = 'held', held_for = 'order', next_attempt_at = NULL,
    reason = 'It waits for those before it: its route keeps the order.'`;

const holdBackSql = (only: Narrowing) => `
  UPDATE deliveries d SET position = NULL, ${WAITING}
  FROM unnest($1::uuid[], $2::uuid[]) AS t (tenant_id, id)
  WHERE d.tenant_id = t.tenant_id AND d.id = t.id AND d.status IN ('queued', 'held')${only('d')}`;

const placeSql = (only: Narrowing) => `
  WITH fresh AS (
    SELECT d.tenant_id, d.id, d.route_id,
      row_number() OVER (PARTITION BY d.tenant_id, d.route_id ORDER BY d.event_id, d.id) AS place
    FROM ${ROUTES}
    JOIN deliveries d ON d.tenant_id = t.tenant_id AND d.route_id = t.route_id
      AND d.position IS NULL AND d.status = 'held' AND d.held_for = 'order'${only('d')}
  ), counted AS (
    SELECT tenant_id, route_id, count(*) AS count FROM fresh GROUP BY tenant_id, route_id
  ), moved AS (
    UPDATE route_positions p SET last = p.last + counted.count
    FROM counted WHERE p.tenant_id = counted.tenant_id AND p.route_id = counted.route_id${only('p')}
    RETURNING p.tenant_id, p.route_id, p.last - counted.count AS before
  )
  UPDATE deliveries d SET position = moved.before + fresh.place
  FROM fresh JOIN moved ON moved.tenant_id = fresh.tenant_id AND moved.route_id = fresh.route_id
  WHERE d.tenant_id = fresh.tenant_id AND d.id = fresh.id${only('d')}`;

const advanceSql = (only: Narrowing) => `
  UPDATE deliveries d SET status = 'queued', held_for = NULL, reason = NULL, next_attempt_at = now()
  FROM ${ROUTES}
  CROSS JOIN LATERAL (
    SELECT o.id, o.held_for FROM deliveries o
    WHERE o.tenant_id = t.tenant_id AND o.route_id = t.route_id AND o.position IS NOT NULL
      AND o.status IN ('queued', 'held', 'dead')${only('o')}
    ORDER BY o.position LIMIT 1) AS head
  WHERE head.held_for = 'order' AND d.tenant_id = t.tenant_id AND d.id = head.id AND d.status = 'held'${only('d')}
  RETURNING d.tenant_id, d.id, d.attempt_count`;
