import { setTimeout as sleep } from 'node:timers/promises';
import { describeError } from '@mira/problem';
import { Inject, Injectable, Logger } from '@nestjs/common';
import type { Counter } from 'prom-client';
import { DataSource, type EntityManager } from 'typeorm';
import { MiraConfig } from '../../config/mira.config';
import { isDatabaseAway, isStatementTimeout } from '../../database/database-away';
import { DATABASE_TARGET, type DatabaseTarget } from '../../database/database-target';
import { holdTenant } from '../../database/hold-tenant';
import { Turns } from '../../database/turns';
import { UsageClock } from '../../enterprise/usage/usage.clock';
import { MetricsService } from '../../metrics/metrics.service';
import { idBefore } from '../event/id-time';
import {
  EVENTS_BEFORE,
  HOLD_TENANT,
  KEPT_EVENTS,
  LOCK_DELIVERIES_OF,
  REMOVE,
  RUNNING_REPLAY,
  TENANTS_WITH_EVENTS_BEFORE,
  TENANTS_WITH_EVENTS_BEFORE_OF_ALL_SERVERS,
} from './retention.sql';

/** Events of one transaction: so few that nobody waits long behind it, the embedded database's others included. */
const AT_ONCE = 200;
const TURN = 'retention';
/** A transaction takes no longer, so that a turn that was not taken again is that of a process that is gone. */
const TURN_SECONDS = 120;
const TAKE_AGAIN_AFTER_MS = 20_000;
const NO_ID = '00000000-0000-0000-0000-000000000000';

/** From when on things are kept: `id` is below those of all events of that time. */
interface Edge {
  readonly id: string;
  readonly time: Date;
}

/** What one transaction looked at. */
interface Batch {
  readonly removed: number;
  /** Where the next one goes on; null where there is no more to look at. */
  readonly after: string | null;
}

const NOTHING_MORE: Batch = { removed: 0, after: null };

/**
 * Takes away events that were kept for as long as they are to be, and all that became of them. An event of which a
 * delivery may still come to something, or ended later than that, stays whole, however old it is. As Mira's login: a
 * tenant's role may take away no event.
 */
@Injectable()
export class EventRetention {
  private readonly logger = new Logger(EventRetention.name);
  private readonly removed: Counter;

  constructor(
    private readonly config: MiraConfig,
    private readonly dataSource: DataSource,
    @Inject(DATABASE_TARGET) private readonly target: Pick<DatabaseTarget, 'isDistributed'>,
    private readonly turns: Turns,
    private readonly clock: UsageClock,
    metrics: MetricsService,
  ) {
    this.removed = metrics.counter('mira_events_removed_total', 'Events that retention took away');
  }

  /**
   * Goes through all tenants, the oldest events first, and rests as long as it works. Nothing where another process does.
   * Of a tenant where that fails what is left stays until the next time.
   *
   * @param signal ends it after the transaction that is under way
   * @returns how many events went
   */
  async removeExpired(signal?: AbortSignal): Promise<number> {
    if (this.config.webhook.retention_days === 0 || !(await this.turns.take(TURN, TURN_SECONDS))) return 0;
    try {
      return await this.removeOfAll(signal);
    } finally {
      await this.turns.giveBack(TURN);
    }
  }

  private async removeOfAll(signal?: AbortSignal): Promise<number> {
    const edge = await this.edge();
    const text = this.target.isDistributed ? TENANTS_WITH_EVENTS_BEFORE_OF_ALL_SERVERS : TENANTS_WITH_EVENTS_BEFORE;
    const tenants: { id: string }[] = await this.dataSource.query(text, [edge.id]);
    let removed = 0;
    for (const { id } of tenants) {
      try {
        removed += await this.removeOf(id, edge, signal);
      } catch (error) {
        if (isDatabaseAway(error) && !isStatementTimeout(error)) throw error;
        this.logger.warn({ msg: 'old events could not be taken away', err: describeError(error), tenant_id: id });
      }
    }
    return removed;
  }

  /** By the clock of the database: that of this machine may be days ahead. */
  private async edge(): Promise<Edge> {
    const [row]: { time: Date }[] = await this.dataSource.query(
      `SELECT ${this.clock.now} - $1::int * interval '1 day' AS time`,
      [this.config.webhook.retention_days],
    );
    if (!row) throw new Error('the database did not say what time it is');
    return { id: idBefore(row.time), time: row.time };
  }

  private async removeOf(tenantId: string, edge: Edge, signal?: AbortSignal): Promise<number> {
    let removed = 0;
    let atOnce = AT_ONCE;
    let takenAt = performance.now();
    let after: string | null = NO_ID;
    while (after !== null && !signal?.aborted) {
      const startedAt = performance.now();
      if (startedAt - takenAt > TAKE_AGAIN_AFTER_MS) {
        if (!(await this.turns.take(TURN, TURN_SECONDS))) return removed;
        takenAt = startedAt;
      }
      const range = { after, atOnce, edge };
      try {
        const batch: Batch = await this.dataSource.transaction((manager) => removeBatch(manager, tenantId, range));
        this.removed.inc(batch.removed);
        removed += batch.removed;
        after = batch.after;
      } catch (error) {
        // Of large bodies, or of deliveries by the thousand, there are fewer at once.
        if (!isStatementTimeout(error) || atOnce === 1) throw error;
        atOnce = Math.ceil(atOnce / 4);
      }
      await sleep(performance.now() - startedAt, undefined, signal ? { signal } : {}).catch(() => undefined);
    }
    return removed;
  }
}

async function removeBatch(
  manager: EntityManager,
  tenantId: string,
  { after, atOnce, edge }: { after: string; atOnce: number; edge: Edge },
): Promise<Batch> {
  const ask = <Row>(text: string, values: unknown[]): Promise<Row[]> => manager.query(text, [tenantId, ...values]);
  if ((await ask(HOLD_TENANT, [])).length === 0) return NOTHING_MORE;
  // From here on no replay makes a delivery of an event that is about to go.
  await holdTenant(manager, 'events', tenantId);
  if ((await ask(RUNNING_REPLAY, [])).length > 0) return NOTHING_MORE;
  const events = await ask<{ id: string }>(EVENTS_BEFORE, [after, edge.id, atOnce]);
  const ids = events.map(({ id }) => id);
  const kept = new Set((await ask<{ event_id: string }>(KEPT_EVENTS, [ids, edge.time])).map((row) => row.event_id));
  const ended = ids.filter((id) => !kept.has(id));
  const deliveries = await ask<{ id: string; event_id: string; keeps: boolean }>(LOCK_DELIVERIES_OF, [
    ended,
    edge.time,
  ]);
  for (const row of deliveries) if (row.keeps) kept.add(row.event_id);
  const going = ended.filter((id) => !kept.has(id));
  const goingWith = deliveries.filter((row) => !kept.has(row.event_id)).map(({ id }) => id);
  if (going.length > 0) await ask(REMOVE, [going, goingWith, going.at(-1)]);
  return { removed: going.length, after: ids.length < atOnce ? null : (ids.at(-1) ?? null) };
}
