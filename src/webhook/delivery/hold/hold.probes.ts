import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { MiraConfig } from '../../../config/mira.config';
import { DeliveryQueue } from '../queue/delivery.queue';
import type { HoldReason, HoldScope } from './hold-reason';
import { HOLD_REASONS_SQL } from './hold-reason';
import { backoffSql } from './hold.recorder';

/** Holds that one process probes at a time. */
const PROBED_AT_ONCE = 20;
/** Beyond an attempt's own time: until its job is claimed, and until what came of it is recorded. */
const PROBE_MARGIN_SECONDS = 20;

export interface DueHold {
  readonly tenant_id: string;
  readonly scope: HoldScope;
  readonly target_id: string;
  readonly reason: HoldReason;
  readonly since: Date;
  /** Where to ask whether the integration is well; null for a kind that has no such place, and for a route. */
  readonly base_url: string | null;
}

/** The rows of holds as those see them who find out whether they are over. Any number of processes may. */
@Injectable()
export class HoldProbes {
  constructor(
    private readonly config: MiraConfig,
    private readonly dataSource: DataSource,
    private readonly queue: DeliveryQueue,
  ) {}

  /** Holds that are to be probed now. No other process gets them until an attempt would be over. */
  async claim(): Promise<DueHold[]> {
    const due: { tenant_id: string }[] = await this.dataSource.query(DUE, [PROBED_AT_ONCE]);
    const seconds = this.config.delivery.timeout_ms / 1_000 + PROBE_MARGIN_SECONDS;
    const claimed: DueHold[] = [];
    for (const [tenantId, { length: count }] of Map.groupBy(due, ({ tenant_id }) => tenant_id)) {
      const [rows]: [DueHold[], number] = await this.dataSource.query(CLAIM, [tenantId, count, seconds]);
      claimed.push(...rows);
    }
    return claimed;
  }

  async standing(): Promise<number> {
    const [row]: { count: number }[] = await this.dataSource.query('SELECT count(*)::int AS count FROM holds');
    return row?.count ?? 0;
  }

  /** More than ten thousand is not worth counting. */
  async heldDeliveries(): Promise<number> {
    const [row]: { count: number }[] = await this.dataSource.query(
      `SELECT count(*)::int AS count FROM (SELECT FROM deliveries WHERE status = 'held' LIMIT 10000) AS held`,
    );
    return row?.count ?? 0;
  }

  /** It is no better yet. */
  async putOff(hold: DueHold, detail: string | null): Promise<void> {
    const { probe_first_seconds: first, probe_max_seconds: most } = this.config.delivery;
    await this.dataSource.query(PUT_OFF, [...keyOf(hold), first, most, detail]);
  }

  /**
   * Lets the oldest delivery that the hold keeps back go, and no other: what becomes of it decides. `over` where there is
   * none, which ends the hold: the next one will tell.
   */
  async letOneGo(hold: DueHold): Promise<'sent' | 'blocked' | 'over' | 'gone'> {
    return this.dataSource.transaction(async (manager) => {
      const { tenant_id: tenantId } = hold;
      // Before the delivery: whoever locks both does it in this order.
      const standing: unknown[] = await manager.query(`SELECT FROM holds WHERE ${IS_THIS} FOR UPDATE`, keyOf(hold));
      if (standing.length === 0) return 'gone';
      if (hold.scope === 'route' && (await isBlocked(manager, hold))) return 'blocked';
      const oldest = hold.scope === 'route' ? OLDEST_OF_ROUTE : OLDEST_OF_INTEGRATION;
      const values = [tenantId, hold.target_id];
      const [before]: Probe[] = await manager.query(LEFT_BEHIND, keyOf(hold));
      const [delivery]: Probe[] = before ? [before] : await manager.query(oldest, values);
      if (!delivery) {
        await manager.query(`DELETE FROM holds WHERE ${IS_THIS}`, keyOf(hold));
        return 'over';
      }
      const { id: deliveryId, attempt_count: made } = delivery;
      await manager.query(`UPDATE holds SET probe_delivery_id = $4 WHERE ${IS_THIS}`, [...keyOf(hold), deliveryId]);
      await manager.query(LET_GO, [tenantId, deliveryId]);
      await this.queue.enqueue(manager, [
        { tenantId, deliveryId, attempt: made + 1, startAfter: null, isUrgent: true },
      ]);
      return 'sent';
    });
  }
}

interface Probe {
  readonly id: string;
  readonly attempt_count: number;
}

/** While there is a hold on where a route leads, its own one cannot be probed. */
async function isBlocked(manager: EntityManager, hold: DueHold): Promise<boolean> {
  const rows: unknown[] = await manager.query(
    `SELECT FROM routes r JOIN holds h ON h.tenant_id = r.tenant_id AND h.scope = 'integration'
       AND h.target_id = r.integration_id
     WHERE r.tenant_id = $1 AND r.id = $2`,
    [hold.tenant_id, hold.target_id],
  );
  return rows.length > 0;
}

function keyOf({ tenant_id, scope, target_id }: DueHold): string[] {
  return [tenant_id, scope, target_id];
}

const IS_THIS = 'tenant_id = $1 AND scope = $2 AND target_id = $3';

const DUE = 'SELECT tenant_id FROM holds WHERE probe_at <= now() ORDER BY probe_at LIMIT $1';

/** Of one tenant, whose rows are on one server wherever they are: rows of several servers cannot be locked together. */
const CLAIM = `
  UPDATE holds h SET probe_at = now() + $3 * interval '1 second'
  FROM (
    SELECT tenant_id, scope, target_id FROM holds WHERE tenant_id = $1 AND probe_at <= now()
    ORDER BY probe_at LIMIT $2 FOR UPDATE SKIP LOCKED) AS due
  WHERE h.tenant_id = $1 AND h.scope = due.scope AND h.target_id = due.target_id
  RETURNING h.tenant_id, h.scope, h.target_id, h.reason, h.since,
    (SELECT i.base_url FROM integrations i WHERE h.scope = 'integration' AND i.kind = 'n8n'
       AND i.tenant_id = h.tenant_id AND i.id = h.target_id) AS base_url`;

const PUT_OFF = `
  UPDATE holds SET probe_count = probe_count + 1, detail = coalesce($6, detail),
    probe_at = ${backoffSql('probe_count + 1', '$4', '$5')}
  WHERE ${IS_THIS}`;

/** The one that was let go before, by a process that died with it: it goes anew, and its old job does no harm. */
const LEFT_BEHIND = `
  SELECT d.id, d.attempt_count FROM holds h
  JOIN deliveries d ON d.tenant_id = h.tenant_id AND d.id = h.probe_delivery_id AND d.status = 'queued'
  WHERE h.tenant_id = $1 AND h.scope = $2 AND h.target_id = $3
  FOR UPDATE OF d`;

const OLDEST_OF_ROUTE = `
  SELECT d.id, d.attempt_count FROM deliveries d
  JOIN routes r ON r.tenant_id = d.tenant_id AND r.id = d.route_id AND r.paused_at IS NULL
  WHERE d.tenant_id = $1 AND d.route_id = $2 AND d.status = 'held' AND d.held_for IN (${HOLD_REASONS_SQL})
  ORDER BY d.id LIMIT 1
  FOR UPDATE OF d`;

const OLDEST_OF_INTEGRATION = `
  SELECT d.id, d.attempt_count FROM deliveries d
  JOIN routes r ON r.tenant_id = d.tenant_id AND r.id = d.route_id AND r.paused_at IS NULL
  WHERE d.tenant_id = $1 AND r.integration_id = $2 AND d.status = 'held' AND d.held_for IN (${HOLD_REASONS_SQL})
    AND NOT EXISTS (SELECT FROM holds h WHERE h.tenant_id = d.tenant_id AND h.scope = 'route' AND h.target_id = r.id)
  ORDER BY d.id LIMIT 1
  FOR UPDATE OF d`;

const LET_GO = `
  UPDATE deliveries SET status = 'queued', held_for = NULL, next_attempt_at = now() WHERE tenant_id = $1 AND id = $2`;
