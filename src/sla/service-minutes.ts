import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { LATENCY_BOUNDS } from '../metrics/latency.buckets';
import type { Tally } from '../metrics/service.tally';

/** What a window of minutes came to, of all processes. */
export interface WindowSum extends Tally {
  /** Whole minutes of the window since Mira was first there, the one that runs left out. */
  readonly minutes: number;
  /** What of them it was there, each minute by the share of its webhooks that did not fail. */
  readonly available: number;
  /** When the first of them began; null where there is none yet. */
  readonly from: Date | null;
}

/** How receiving went, a row a minute, of all processes and tenants together. As Mira's own login: it is nobody's. */
@Injectable()
export class ServiceMinutes {
  constructor(private readonly dataSource: DataSource) {}

  /** Adds to the minute that runs, by the database's clock; also nothing, which says that a process is there. */
  async add({ successful, failed, latencies }: Tally): Promise<void> {
    await this.dataSource.query(
      `INSERT INTO service_minutes AS m (minute, successful, failed, latencies)
       VALUES (date_trunc('minute', now()), $1, $2, $3)
       ON CONFLICT (minute) DO UPDATE SET successful = m.successful + excluded.successful,
         failed = m.failed + excluded.failed,
         latencies = ARRAY(SELECT coalesce(a, 0) + coalesce(b, 0)
           FROM unnest(m.latencies, excluded.latencies) WITH ORDINALITY AS t (a, b, place) ORDER BY place)`,
      [successful, failed, latencies],
    );
  }

  /** Sums up the whole minutes of the last so many. */
  async sum(minutes: number): Promise<WindowSum> {
    const [row]: SumRow[] = await this.dataSource.query(
      `WITH clock AS (SELECT date_trunc('minute', now()) AS this_minute), within AS (
         SELECT m.* FROM service_minutes m, clock
         WHERE minute >= this_minute - make_interval(mins => $1) AND minute < this_minute
       ), by_place AS (
         SELECT place, sum(count)::float8 AS count FROM within, unnest(latencies) WITH ORDINALITY AS t (count, place)
         GROUP BY place
       ), began AS (
         SELECT greatest(min(minute), min(this_minute) - make_interval(mins => $1)) AS at FROM service_minutes, clock
       )
       SELECT min(minute) AS "from", coalesce(sum(successful), 0)::float8 AS successful,
         coalesce(sum(failed), 0)::float8 AS failed,
         coalesce(sum(CASE WHEN successful + failed = 0 THEN 1 ELSE successful::float8 / (successful + failed) END), 0)
           AS available,
         (SELECT extract(epoch FROM this_minute - at) / 60 FROM clock, began)::float8 AS minutes,
         (SELECT array_agg(count ORDER BY place) FROM by_place) AS latencies
       FROM within`,
      [minutes],
    );
    const { from = null, successful = 0, failed = 0, available = 0, minutes: whole = 0, latencies = null } = row ?? {};
    const counts = latencies ?? Array.from({ length: LATENCY_BOUNDS.length + 1 }, () => 0);
    return { from, successful, failed, available, minutes: Math.max(0, whole ?? 0), latencies: counts };
  }

  /** Forgets minutes that are older. Returns how many there were. */
  async forgetBefore(days: number): Promise<number> {
    const [, count]: [unknown, number] = await this.dataSource.query(
      'DELETE FROM service_minutes WHERE minute < now() - make_interval(days => $1)',
      [days],
    );
    return count;
  }
}

interface SumRow {
  from: Date | null;
  successful: number;
  failed: number;
  available: number;
  minutes: number | null;
  latencies: number[] | null;
}
