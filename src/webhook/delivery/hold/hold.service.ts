import { decodeCursor, type Page, type PageQuery, toPage } from '@mira/page';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { TenantDatabase } from '../../../database/tenant.database';
import { HOLD_REASONS_SQL, type HoldScope } from './hold-reason';
import { type HoldRow, type HoldView, holdView, MOST_COUNTED } from './hold-view.dto';

/** Shows a tenant what keeps its deliveries back, and has that looked into when somebody changed something about it. */
@Injectable()
export class HoldService {
  constructor(private readonly database: TenantDatabase) {}

  async list(tenantId: string, { limit, cursor }: PageQuery): Promise<Page<HoldView>> {
    const before = decodeCursor(cursor);
    const rows: HoldRow[] = await this.database.transaction(tenantId, (manager) =>
      manager.query(LIST, [tenantId, before, limit + 1]),
    );
    return toPage(rows.map(holdView), limit, ({ target_id }) => target_id);
  }

  /** The next probe is due at once, within the caller's transaction. Does nothing where there is no such hold. */
  async probeSoon(manager: EntityManager, tenantId: string, scope: HoldScope, targetId: string): Promise<void> {
    await manager.query(
      `UPDATE holds SET probe_at = now(), probe_count = 0 WHERE tenant_id = $1 AND scope = $2 AND target_id = $3`,
      [tenantId, scope, targetId],
    );
  }

  /** Likewise of all that keeps the deliveries of a route back. */
  async probeSoonFor(manager: EntityManager, tenantId: string, routeId: string): Promise<void> {
    await manager.query(
      `WITH standing AS (
         SELECT h.scope, h.target_id FROM holds h JOIN routes r ON r.tenant_id = $1 AND r.id = $2
         WHERE h.tenant_id = $1 AND (h.scope, h.target_id) IN (('route', r.id), ('integration', r.integration_id))
         ORDER BY h.scope, h.target_id FOR UPDATE OF h)
       UPDATE holds h SET probe_at = now(), probe_count = 0 FROM standing s
       WHERE h.tenant_id = $1 AND h.scope = s.scope AND h.target_id = s.target_id`,
      [tenantId, routeId],
    );
  }

  /** Of a route that is deleted. What it kept back goes on, and ends there. */
  async forgetRoute(manager: EntityManager, tenantId: string, routeId: string): Promise<void> {
    await manager.query(`DELETE FROM holds WHERE tenant_id = $1 AND scope = 'route' AND target_id = $2`, [
      tenantId,
      routeId,
    ]);
  }
}

const LIST = `
  SELECT h.scope, h.target_id, h.reason, h.detail, h.since, h.probe_at, h.probe_count, h.probe_delivery_id, (
    SELECT count(*)::int FROM (
      SELECT FROM deliveries d
      WHERE d.tenant_id = h.tenant_id AND d.status = 'held' AND d.held_for IN (${HOLD_REASONS_SQL}) AND d.route_id IN (
        SELECT r.id FROM routes r WHERE r.tenant_id = h.tenant_id
          AND CASE h.scope WHEN 'route' THEN r.id ELSE r.integration_id END = h.target_id)
      LIMIT ${MOST_COUNTED + 1}) AS held) AS held_count
  FROM holds h
  WHERE h.tenant_id = $1 AND ($2::uuid IS NULL OR h.target_id < $2::uuid)
  ORDER BY h.target_id DESC LIMIT $3`;
