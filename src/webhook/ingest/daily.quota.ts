import { Injectable } from '@nestjs/common';
import type { QueryResult } from 'pg';
import { EffectivePlan } from '../../enterprise/plan/effective-plan';
import { limitSql } from '../../enterprise/plan/plan.sql';
import { UNLIMITED } from '../../enterprise/plan/plans';
import { dayOf, endOf } from '../../enterprise/usage/periods';
import { UsageClock } from '../../enterprise/usage/usage.clock';
import type { Tier } from '../../tenant/tenant.entity';
import type { IncomingEvent, QuotaRefusal } from './incoming-event';

const LIMIT = 'max_webhooks_per_day';

interface QuotaRow {
  tenant_id: string;
  tier: Tier;
  max: number;
  is_agreed: boolean;
  /** Null where the tenant has no limit: then nothing is locked. */
  used: number | null;
  day: string;
  now: Date;
}

/** What the tenants of a group may still receive today, while their counters are held. */
export class HeldQuotas {
  private readonly rows: ReadonlyMap<string, QuotaRow>;
  /** The UTC day that the transaction counts for. Where all tenants of the group are gone, any: it will be swept. */
  readonly day: string;

  constructor({ rows }: QueryResult) {
    this.rows = new Map((rows as QuotaRow[]).map((row) => [row.tenant_id, row]));
    this.day = (rows as QuotaRow[])[0]?.day ?? dayOf(new Date());
  }

  /** How many more events of the tenant may be stored; null where there is no limit. */
  remaining(tenantId: string): number | null {
    const row = this.rows.get(tenantId);
    return row === undefined || row.used === null ? null : Math.max(0, row.max - row.used);
  }

  /** The tenants that may not have room for all of these; which are new is only seen when they are stored. */
  tight(events: readonly IncomingEvent[]): { tenantId: string; remaining: number }[] {
    const offered = Map.groupBy(events, ({ tenantId }) => tenantId);
    return [...offered].flatMap(([tenantId, { length }]) => {
      const remaining = this.remaining(tenantId);
      return remaining !== null && remaining < length ? [{ tenantId, remaining }] : [];
    });
  }

  /** @param stored how many of the tenant's were stored by this group */
  refusal(tenantId: string, stored: number): QuotaRefusal {
    const row = this.rows.get(tenantId);
    if (!row || row.used === null) throw new Error('a tenant without a limit cannot be over it');
    const { tier, max: limit, now } = row;
    const used = row.used + stored;
    const plan = new EffectivePlan(
      tier,
      row.is_agreed ? [{ kind: 'limit', name: LIMIT, max: limit, endsAt: null }] : [],
    );
    return { limit, used, resetsAt: endOf('day', row.day), now, tier, neededTier: plan.tierAllowing(LIMIT, used) };
  }
}

/**
 * The plan's `max_webhooks_per_day`, for the transaction that stores a group. A tenant that has a limit has its counter
 * of the day locked until the commit, so that groups of all processes take what is left one after the other.
 */
@Injectable()
export class DailyQuota {
  constructor(private readonly clock: UsageClock) {}

  /** One statement without parameters: the ids are checked by the transaction, which scopes itself to the same ones. */
  holding(tenantIds: readonly string[]): string {
    const { now, today } = this.clock;
    return `
      WITH plans AS (
        SELECT t.id, t.tier, ${limitSql(LIMIT, now)} AS max,
          EXISTS (SELECT FROM plan_overrides o WHERE o.tenant_id = t.id AND o.name = '${LIMIT}'
            AND (o.ends_at IS NULL OR o.ends_at > ${now})) AS is_agreed
        FROM tenants t WHERE t.id IN (${tenantIds.map((id) => `'${id}'`).join(', ')})
      ), held AS (
        INSERT INTO usage_counters AS u (tenant_id, metric, period, starts_on, count)
        SELECT id, 'webhooks_received', 'day', ${today}, 0 FROM plans WHERE max <> ${UNLIMITED} ORDER BY id
        ON CONFLICT (tenant_id, metric, period, starts_on) DO UPDATE SET count = u.count
        RETURNING tenant_id, count
      )
      SELECT plans.id AS tenant_id, tier, max, is_agreed, held.count::int AS used, ${today}::text AS day, ${now} AS now
      FROM plans LEFT JOIN held ON held.tenant_id = plans.id`;
  }
}
