import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Metric } from './metrics';
import { periodsOf, TOTAL_STARTS_ON } from './periods';
import { UsageClock } from './usage.clock';

/** How much of a metric there was in the day, the month and all the time that a moment belongs to. */
export interface MetricCounts {
  readonly day: number;
  readonly month: number;
  readonly total: number;
}

/** Of each metric that was ever counted, and as of which day (UTC) and moment. */
export interface CurrentCounts {
  readonly day: string;
  readonly now: Date;
  readonly counts: ReadonlyMap<string, MetricCounts>;
}

/** Without a metric where a period has no counters. */
interface CurrentRow {
  today: string;
  now: Date;
  metric: string | null;
  day: number | null;
  month: number | null;
  total: number | null;
}

export interface CounterRow {
  readonly metric: string;
  readonly starts_on: string;
  readonly count: number;
}

/**
 * The rows in which usage is kept: one for each day, month and all time. Whoever counts does so in the transaction of
 * what is counted. That of all time is written first, as it is locked first, so that
 * two writers never wait for each other in a circle.
 */
@Injectable()
export class UsageCounters {
  constructor(private readonly clock: UsageClock) {}

  async add(manager: EntityManager, tenantId: string, metric: Metric, count: number): Promise<void> {
    await manager.query(
      `INSERT INTO usage_counters AS u (tenant_id, metric, period, starts_on, count)
       SELECT $1::uuid, $2, period, starts_on, $3::bigint FROM ${periodsOf(this.clock.today)} ORDER BY period DESC
       ON CONFLICT (tenant_id, metric, period, starts_on) DO UPDATE SET count = u.count + excluded.count`,
      [tenantId, metric, count],
    );
  }

  /** Says how many there are now, of what is a level. */
  async set(manager: EntityManager, tenantId: string, metric: Metric, count: number): Promise<void> {
    await manager.query(
      `INSERT INTO usage_counters (tenant_id, metric, period, starts_on, count)
       SELECT $1::uuid, $2, period, starts_on, $3::bigint FROM ${periodsOf(this.clock.today)} ORDER BY period DESC
       ON CONFLICT (tenant_id, metric, period, starts_on) DO UPDATE SET count = excluded.count`,
      [tenantId, metric, count],
    );
  }

  /**
   * Makes everybody else who counts this metric of the tenant wait until the transaction ends. By the row of all time,
   * for it is the same one before and after midnight.
   */
  async lock(manager: EntityManager, tenantId: string, metric: Metric): Promise<void> {
    await manager.query(
      `INSERT INTO usage_counters AS u (tenant_id, metric, period, starts_on, count)
       VALUES ($1, $2, 'total', DATE '${TOTAL_STARTS_ON}', 0)
       ON CONFLICT (tenant_id, metric, period, starts_on) DO UPDATE SET count = u.count WHERE false`,
      [tenantId, metric],
    );
  }

  async current(manager: EntityManager, tenantId: string): Promise<CurrentCounts> {
    const { today, now } = this.clock;
    const rows: CurrentRow[] = await manager.query(
      `SELECT ${today}::text AS today, ${now} AS now, u.metric,
         max(count) FILTER (WHERE p.period = 'day')::float8 AS day,
         max(count) FILTER (WHERE p.period = 'month')::float8 AS month,
         max(count) FILTER (WHERE p.period = 'total')::float8 AS total
       FROM ${periodsOf(today)}
       LEFT JOIN usage_counters u ON u.tenant_id = $1 AND u.period = p.period AND u.starts_on = p.starts_on
       GROUP BY u.metric`,
      [tenantId],
    );
    const [moment] = rows;
    if (!moment) throw new Error('the database did not say what day it is');
    const counts = new Map<string, MetricCounts>();
    for (const { metric, day, month, total } of rows) {
      if (metric !== null) counts.set(metric, { day: day ?? 0, month: month ?? 0, total: total ?? 0 });
    }
    return { day: moment.today, now: moment.now, counts };
  }

  /** The rows from one day to another, oldest first. */
  async between(
    manager: EntityManager,
    tenantId: string,
    { period, from, to }: { period: string; from: string; to: string },
  ): Promise<CounterRow[]> {
    return manager.query(
      `SELECT metric, starts_on::text, count::float8 AS count FROM usage_counters
       WHERE tenant_id = $1 AND period = $2 AND starts_on BETWEEN $3 AND $4
       ORDER BY starts_on, metric`,
      [tenantId, period, from, to],
    );
  }

  /** What the metric was before that day; 0 where there was nothing yet. */
  async levelBefore(
    manager: EntityManager,
    tenantId: string,
    { metric, period, from }: { metric: Metric; period: string; from: string },
  ): Promise<number> {
    const [row]: { count: number }[] = await manager.query(
      `SELECT count::float8 AS count FROM usage_counters
       WHERE tenant_id = $1 AND metric = $2 AND period = $3 AND starts_on < $4 ORDER BY starts_on DESC LIMIT 1`,
      [tenantId, metric, period, from],
    );
    return row?.count ?? 0;
  }
}
