import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { TenantDatabase } from '../../database/tenant.database';
import { LimitService } from '../plan/limit.service';
import type { LimitUse } from '../plan/plan-view.dto';
import type { Limit } from '../plan/plans';
import { reachedAt } from './forecast';
import type { Metric } from './metrics';
import { daysBefore, startOf, startsBetween } from './periods';
import { type AnalyticsView, byMetric, type DayView, type DeliveriesView, limitForecastView } from './usage-view.dto';
import { type CounterRow, UsageCounters } from './usage.counters';

const RECENT_DAYS = 7;
/** What is made comes seldom: a longer time tells more of how it goes on. */
const COURSE_DAYS = 30;
const DAY_MS = 86_400_000;
/** The latest attempts that success and latency are told from: ten of them lie above the 99th percentile. */
const LOOKED_AT = 1_000;

const METRIC_OF = {
  max_users: 'users_created',
  max_projects: 'projects_created',
} as const satisfies Partial<Record<Limit, Metric>>;

/** What a tenant uses, how near it is to its limits, and how its deliveries go. */
@Injectable()
export class AnalyticsService {
  constructor(
    private readonly database: TenantDatabase,
    private readonly counters: UsageCounters,
    private readonly limits: LimitService,
  ) {}

  async of(tenantId: string): Promise<AnalyticsView> {
    return this.database.transaction(tenantId, async (manager) => {
      const { plan, uses, day, now, counts } = await this.limits.uses(manager, tenantId);
      const isAdvanced = plan.has('advanced_analytics');
      const range = { period: 'day', from: daysBefore(day, COURSE_DAYS - 1), to: day };
      const rows = await this.counters.between(manager, tenantId, range);
      return {
        tenant_id: tenantId,
        tier: plan.tier,
        total_usage: byMetric((metric) => counts.get(metric)?.total),
        today_usage: byMetric((metric) => counts.get(metric)?.day),
        recent_activity: recentDays(day, rows),
        limits: uses.map((use) => limitForecastView(use, isAdvanced ? forecast(use, now, day, rows) : null)),
        deliveries: isAdvanced ? await deliveriesOf(manager, tenantId, now) : null,
      };
    });
  }
}

function recentDays(today: string, rows: readonly CounterRow[]): DayView[] {
  const days = startsBetween('day', daysBefore(today, RECENT_DAYS - 1), today).toReversed();
  return days.map((date) => ({
    date,
    usage: byMetric((metric) => rows.find((row) => row.metric === metric && row.starts_on === date)?.count),
  }));
}

/** What is counted by time goes on as it did since that time began; what is made, as it did for a month. */
function forecast(use: LimitUse, now: Date, day: string, rows: readonly CounterRow[]): Date | null {
  const { limit, max, used, resetsAt } = use;
  if (resetsAt !== null) {
    const start = limit === 'max_workflows_per_month' ? startOf('month', day) : day;
    const inMs = now.getTime() - new Date(`${start}T00:00:00Z`).getTime();
    return reachedAt({ max, used, came: used, inMs, resetsAt, now });
  }
  const metric = limit === 'max_users' || limit === 'max_projects' ? METRIC_OF[limit] : null;
  const came = rows.reduce((sum, row) => (row.metric === metric ? sum + row.count : sum), 0);
  return reachedAt({ max, used, came, inMs: COURSE_DAYS * DAY_MS, resetsAt, now });
}

/** Deliveries belong to a room above this one: known here as what the schema says. Their ids begin with their time. */
async function deliveriesOf(manager: EntityManager, tenantId: string, now: Date): Promise<DeliveriesView> {
  const since = new Date(now.getTime() - DAY_MS);
  // The percentiles at once, for each aggregate of its own would sort them anew.
  const [row]: { attempts: number; latencies: (number | null)[] | null; delivered: number; ended: number }[] =
    await manager.query(
      `SELECT count(*)::int AS attempts,
         percentile_cont(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP (ORDER BY duration_ms) AS latencies,
         count(*) FILTER (WHERE outcome = 'delivered')::int AS delivered,
         count(*) FILTER (WHERE outcome IN ('delivered', 'dead'))::int AS ended
       FROM (SELECT duration_ms, outcome FROM delivery_attempts
             WHERE tenant_id = $1 AND delivery_id >= $2 ORDER BY tenant_id DESC, delivery_id DESC LIMIT ${LOOKED_AT}) AS recent`,
      [tenantId, firstIdOf(since)],
    );
  const { attempts = 0, latencies = null, delivered = 0, ended = 0 } = row ?? {};
  const [p50 = null, p95 = null, p99 = null] = latencies ?? [];
  return {
    attempts,
    success_rate: ended ? Math.floor((delivered * 10_000) / ended) / 100 : null,
    latency_ms: p50 === null || p95 === null || p99 === null ? null : { p50, p95, p99 },
  };
}

/** Below every UUIDv7 that was made from that moment on. */
function firstIdOf(moment: Date): string {
  const time = moment.getTime().toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-000000000000`;
}
