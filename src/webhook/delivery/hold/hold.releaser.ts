import { Inject, Injectable, Optional } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { DATABASE_TARGET, type DatabaseTarget } from '../../../database/database-target';
import { DeliveryQueue } from '../queue/delivery.queue';
import { RouteOrder } from './route.order';

/** Few enough that nobody waits long behind them. */
const RELEASED_AT_ONCE = 1_000;

interface ReleasableRow {
  tenant_id: string;
  route_id: string;
  held_for: string;
  /** The route keeps its order and its head waits for its turn, which nobody gave it. */
  is_stuck: boolean;
}

/**
 * Lets go on what is held and has nothing that holds it any more: the hold is over, the route was resumed, deleted, or
 * leads elsewhere, or no longer keeps an order. It looks at what there is rather than at what happened, so that nothing
 * is left behind by whoever died in between.
 */
@Injectable()
export class HoldReleaser {
  constructor(
    private readonly dataSource: DataSource,
    private readonly queue: DeliveryQueue,
    private readonly order: RouteOrder,
    @Optional() @Inject(DATABASE_TARGET) private readonly target?: Pick<DatabaseTarget, 'isDistributed'>,
  ) {}

  /** Up to a thousand of each tenant, the oldest first; returns how many there were. */
  async release(): Promise<number> {
    const rows: ReleasableRow[] = await this.dataSource.query(
      releasable(this.target?.isDistributed ? KINDS_OF_ALL_SERVERS : KINDS),
    );
    let released = 0;
    for (const [tenantId, ofTenant] of Map.groupBy(rows, ({ tenant_id }) => tenant_id)) {
      released += await this.releaseOf(tenantId, ofTenant);
    }
    if (released > 0) this.queue.wake();
    return released;
  }

  private async releaseOf(tenantId: string, rows: readonly ReleasableRow[]): Promise<number> {
    const stuck = rows.filter((row) => row.is_stuck).map(({ route_id: routeId }) => ({ tenantId, routeId }));
    const free = rows.filter((row) => !row.is_stuck);
    return this.dataSource.transaction(async (manager) => {
      await this.order.lockWithin(manager, stuck);
      const advanced = await this.order.advanceWithin(manager, stuck);
      if (free.length === 0) return advanced;
      const values = [tenantId, free.map((row) => row.route_id), free.map((row) => row.held_for), RELEASED_AT_ONCE];
      const [released]: [{ id: string; attempt_count: number }[], number] = await manager.query(RELEASE, values);
      const oldestFirst = released.toSorted((a, b) => (a.id < b.id ? -1 : 1));
      await this.queue.enqueue(
        manager,
        oldestFirst.map(({ id: deliveryId, attempt_count: made }) => ({
          tenantId,
          deliveryId,
          attempt: made + 1,
          startAfter: null,
        })),
      );
      return advanced + released.length;
    });
  }
}

/** From one kind of held deliveries to the next by the index, however many there are of each. */
const KINDS = `
  WITH RECURSIVE kinds AS (
    (SELECT tenant_id, route_id, held_for FROM deliveries WHERE status = 'held'
     ORDER BY tenant_id, route_id, held_for LIMIT 1)
    UNION ALL
    SELECT next.* FROM kinds k CROSS JOIN LATERAL (
      SELECT d.tenant_id, d.route_id, d.held_for FROM deliveries d
      WHERE d.status = 'held' AND (d.tenant_id, d.route_id, d.held_for) > (k.tenant_id, k.route_id, k.held_for)
      ORDER BY d.tenant_id, d.route_id, d.held_for LIMIT 1) AS next
  )`;

/** A recursion cannot go from server to server: each looks through all that it has. */
const KINDS_OF_ALL_SERVERS = `
  WITH kinds AS (SELECT DISTINCT tenant_id, route_id, held_for FROM deliveries WHERE status = 'held')`;

const releasable = (kinds: string) => `${kinds}
  SELECT k.tenant_id, k.route_id, k.held_for, k.held_for = 'order' AND coalesce(r.ordered, false) AS is_stuck
  FROM kinds k
  LEFT JOIN routes r ON r.tenant_id = k.tenant_id AND r.id = k.route_id
  WHERE CASE k.held_for
    -- While it leads to a workflow, it waits for room.
    WHEN 'workflow_quota' THEN r.target_kind IS DISTINCT FROM 'n8n'
    WHEN 'route_paused' THEN r.paused_at IS NULL
    WHEN 'order' THEN r.ordered IS NOT TRUE OR (
      SELECT o.held_for = 'order' FROM deliveries o
      WHERE o.tenant_id = k.tenant_id AND o.route_id = k.route_id AND o.position IS NOT NULL
        AND o.status IN ('queued', 'held', 'dead')
      ORDER BY o.position LIMIT 1)
    ELSE NOT EXISTS (SELECT FROM holds h WHERE h.tenant_id = k.tenant_id
      AND (h.scope, h.target_id) IN (('route', k.route_id), ('integration', r.integration_id)))
  END`;

const RELEASE = `
  WITH oldest AS MATERIALIZED (
    SELECT held.id FROM unnest($2::uuid[], $3::text[]) AS t (route_id, held_for)
    CROSS JOIN LATERAL (
      SELECT o.id FROM deliveries o
      WHERE o.tenant_id = $1 AND o.route_id = t.route_id AND o.held_for = t.held_for AND o.status = 'held'
      ORDER BY o.id LIMIT $4) AS held
    ORDER BY held.id LIMIT $4)
  UPDATE deliveries d SET status = 'queued', held_for = NULL, reason = NULL, next_attempt_at = now()
  FROM oldest WHERE d.tenant_id = $1 AND d.id = oldest.id AND d.status = 'held'
  RETURNING d.id, d.attempt_count`;
