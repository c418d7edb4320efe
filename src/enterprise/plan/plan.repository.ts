import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Tier } from '../../tenant/tenant.entity';
import { UsageClock } from '../usage/usage.clock';
import { EffectivePlan, type Override, overrideOf } from './effective-plan';
import type { Limit } from './plans';

interface OverrideRow {
  name: string;
  max: number | null;
  granted: boolean | null;
  ends_at: Date | null;
}

/** What is counted where it is made. Their tables belong to rooms above this one, and are known here by the schema. */
export const TABLE_OF = { max_users: 'users', max_projects: 'projects', max_integrations: 'integrations' } as const;

/** The limits of what is made, and not of what happens in a time. */
export type MadeLimit = keyof typeof TABLE_OF;

/** Asks the database for tenants' plans, in the caller's transaction. */
@Injectable()
export class PlanRepository {
  constructor(private readonly clock: UsageClock) {}

  /** As of this moment; null where there is no such tenant. */
  async find(manager: EntityManager, tenantId: string): Promise<EffectivePlan | null> {
    const [row]: { tier: Tier }[] = await manager.query('SELECT tier FROM tenants WHERE id = $1', [tenantId]);
    if (!row) return null;
    const overrides = await this.overrides(manager, tenantId, `AND (ends_at IS NULL OR ends_at > ${this.clock.now})`);
    return new EffectivePlan(row.tier, overrides);
  }

  /** All that were agreed, those that have ended included, by name. */
  async overrides(manager: EntityManager, tenantId: string, condition = ''): Promise<Override[]> {
    const rows: OverrideRow[] = await manager.query(
      `SELECT name, max, granted, ends_at FROM plan_overrides WHERE tenant_id = $1 ${condition} ORDER BY name`,
      [tenantId],
    );
    return rows.flatMap((row) => overrideOf(row) ?? []);
  }

  async putOverride(manager: EntityManager, tenantId: string, override: Override): Promise<void> {
    const max = override.kind === 'limit' ? override.max : null;
    const granted = override.kind === 'feature' ? override.granted : null;
    await manager.query(
      `INSERT INTO plan_overrides (tenant_id, name, max, granted, ends_at) VALUES ($1, $2, $3, $4, $5)
       ON CONFLICT (tenant_id, name) DO UPDATE
       SET max = excluded.max, granted = excluded.granted, ends_at = excluded.ends_at, updated_at = now()`,
      [tenantId, override.name, max, granted, override.endsAt],
    );
  }

  /** False where there was none. */
  async deleteOverride(manager: EntityManager, tenantId: string, name: string): Promise<boolean> {
    const [, count]: [unknown, number] = await manager.query(
      'DELETE FROM plan_overrides WHERE tenant_id = $1 AND name = $2',
      [tenantId, name],
    );
    return count > 0;
  }

  /** How many of the tenant's there are now. */
  async countMade(manager: EntityManager, tenantId: string, limit: MadeLimit): Promise<number> {
    const [row]: { count: number }[] = await manager.query(
      `SELECT count(*)::int AS count FROM ${TABLE_OF[limit]} WHERE tenant_id = $1`,
      [tenantId],
    );
    return row?.count ?? 0;
  }
}

export function isMadeLimit(limit: Limit): limit is MadeLimit {
  return Object.hasOwn(TABLE_OF, limit);
}
