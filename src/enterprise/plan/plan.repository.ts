import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Tier } from '../../tenant/tenant.entity';
import { UsageClock } from '../usage/usage.clock';
import { EffectivePlan, type Override, overrideOf } from './effective-plan';

interface OverrideRow {
  name: string;
  max: number | null;
  granted: boolean | null;
  ends_at: Date | null;
}

/** Of a tenant with whom nothing was agreed. */
interface NoOverride {
  name: null;
}

/** What is counted where it is made. Their tables belong to rooms above this one, and are known here by the schema. */
export const TABLE_OF = { max_users: 'users', max_projects: 'projects', max_integrations: 'integrations' } as const;

/** The limits of what is made, and not of what happens in a time. */
export type MadeLimit = keyof typeof TABLE_OF;

const MADE_LIMITS = Object.keys(TABLE_OF).filter(isMadeLimit);

/** Asks the database for tenants' plans, in the caller's transaction. */
@Injectable()
export class PlanRepository {
  constructor(private readonly clock: UsageClock) {}

  /** As of this moment; null where there is no such tenant. */
  async find(manager: EntityManager, tenantId: string): Promise<EffectivePlan | null> {
    const rows: ({ tier: Tier } & (OverrideRow | NoOverride))[] = await manager.query(
      `SELECT t.tier, o.name, o.max, o.granted, o.ends_at
       FROM tenants t LEFT JOIN plan_overrides o
         ON o.tenant_id = $1 AND (o.ends_at IS NULL OR o.ends_at > ${this.clock.now})
       WHERE t.id = $1 ORDER BY o.name`,
      [tenantId],
    );
    const [first] = rows;
    if (!first) return null;
    const overrides = rows.flatMap((row) => (row.name === null ? [] : (overrideOf(row) ?? [])));
    return new EffectivePlan(first.tier, overrides);
  }

  /** All that were agreed, those that have ended included, by name. */
  async overrides(manager: EntityManager, tenantId: string): Promise<Override[]> {
    const rows: OverrideRow[] = await manager.query(
      `SELECT name, max, granted, ends_at FROM plan_overrides WHERE tenant_id = $1 ORDER BY name`,
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
       SET max = excluded.max, granted = excluded.granted, ends_at = excluded.ends_at, updated_at = excluded.updated_at`,
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
    return (await this.countAllMade(manager, tenantId, [limit]))[limit];
  }

  /** The same of several kinds, 0 of those not asked for. */
  async countAllMade(
    manager: EntityManager,
    tenantId: string,
    limits: readonly MadeLimit[] = MADE_LIMITS,
  ): Promise<Record<MadeLimit, number>> {
    const counts = limits.map(
      (limit) => `(SELECT count(*)::int FROM ${TABLE_OF[limit]} WHERE tenant_id = $1) AS ${limit}`,
    );
    const [row]: Partial<Record<MadeLimit, number>>[] = await manager.query(`SELECT ${counts.join(', ')}`, [tenantId]);
    return { max_users: 0, max_projects: 0, max_integrations: 0, ...row };
  }
}

export function isMadeLimit(limit: string): limit is MadeLimit {
  return Object.hasOwn(TABLE_OF, limit);
}
