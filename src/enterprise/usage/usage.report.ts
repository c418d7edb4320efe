import { problems } from '@mira/problem';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { TenantDatabase } from '../../database/tenant.database';
import { type Metric, METRIC_NAMES, METRICS } from './metrics';
import { daysBefore, startOf, startsBetween } from './periods';
import type { RangeQuery, SeriesQuery } from './usage-query.dto';
import type { PointView, SeriesView } from './usage-view.dto';
import { type CounterRow, UsageCounters } from './usage.counters';

const MAX_POINTS = 1_000;
const DEFAULT_DAYS = { day: 29, month: 335 } as const;

/** Shows how usage went over time, without gaps. */
@Injectable()
export class UsageReport {
  constructor(
    private readonly database: TenantDatabase,
    private readonly counters: UsageCounters,
  ) {}

  async series(tenantId: string, query: SeriesQuery): Promise<SeriesView> {
    const { metric, period } = query;
    const [points] = await this.points(tenantId, query, [metric]);
    return { metric, period, data: points ?? [] };
  }

  /** All metrics as CSV (RFC 4180): a line a period, a column a metric. */
  async csv(tenantId: string, query: RangeQuery): Promise<string> {
    const columns = await this.points(tenantId, query, METRIC_NAMES);
    const lines = (columns[0] ?? []).map(({ date }, n) => [date, ...columns.map((points) => points[n]?.value ?? 0)]);
    return [['date', ...METRIC_NAMES], ...lines].map((line) => `${line.join(',')}\r\n`).join('');
  }

  private async points(tenantId: string, query: RangeQuery, metrics: readonly Metric[]): Promise<PointView[][]> {
    return this.database.transaction(tenantId, async (manager) => {
      const { day: today } = await this.counters.current(manager, tenantId);
      const { period, to = today, from = daysBefore(to, DEFAULT_DAYS[query.period]) } = query;
      if (from > to) throw problems.validationFailed([{ field: 'from', message: 'must not be after to' }]);
      const range = { period, from: startOf(period, from), to };
      const starts = startsBetween(period, from, to);
      if (starts.length > MAX_POINTS) throw tooLong();
      const rows = await this.counters.between(manager, tenantId, range);
      const columns: PointView[][] = [];
      for (const metric of metrics) {
        const before = await this.before(manager, tenantId, { ...range, metric });
        columns.push(withoutGaps(metric, starts, rows, before));
      }
      return columns;
    });
  }

  private async before(
    manager: EntityManager,
    tenantId: string,
    where: { metric: Metric; period: string; from: string },
  ): Promise<number> {
    return METRICS[where.metric].kind === 'level' ? this.counters.levelBefore(manager, tenantId, where) : 0;
  }
}

/** Of a sum nothing was counted where there is no row; a level stayed as it was. */
function withoutGaps(
  metric: Metric,
  starts: readonly string[],
  rows: readonly CounterRow[],
  before: number,
): PointView[] {
  const known = new Map(rows.filter((row) => row.metric === metric).map((row) => [row.starts_on, row.count]));
  let level = before;
  return starts.map((date) => {
    const count = known.get(date);
    if (METRICS[metric].kind === 'sum') return { date, value: count ?? 0 };
    level = count ?? level;
    return { date, value: level };
  });
}

function tooLong() {
  return problems.validationFailed([{ field: 'from', message: `must leave at most ${MAX_POINTS} days or months` }]);
}
