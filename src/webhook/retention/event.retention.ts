import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import type { Counter } from 'prom-client';
import { DataSource, type EntityManager } from 'typeorm';
import { MiraConfig } from '../../config/mira.config';
import { ADVISORY_LOCKS } from '../../database/advisory-locks';
import { DATABASE_TARGET, type DatabaseTarget } from '../../database/database-target';
import { holdTenant } from '../../database/hold-tenant';
import { MetricsService } from '../../metrics/metrics.service';
import { idBefore } from '../event/id-time';
import {
  DELIVERIES_OF,
  EVENTS_BEFORE,
  REMOVE,
  TENANTS_WITH_EVENTS_BEFORE,
  TENANTS_WITH_EVENTS_BEFORE_OF_ALL_SERVERS,
} from './retention.sql';

const DAY_MS = 86_400_000;
/** Events of one transaction: so few that nobody waits long behind it, the embedded database's others included. */
const AT_ONCE = 200;
const NO_ID = '00000000-0000-0000-0000-000000000000';

interface DeliveryRow {
  readonly id: string;
  readonly event_id: string;
  readonly is_open: boolean;
}

/** What one transaction looked at. */
interface Batch {
  readonly removed: number;
  /** Where the next one goes on; null where there is no more to look at, or another process is at it. */
  readonly after: string | null;
}

/**
 * Takes away events that were kept for as long as they are to be, and all that became of them. An event of which a
 * delivery may still come to something stays whole, however old it is. As Mira's login: a tenant's role may take away no
 * event.
 */
@Injectable()
export class EventRetention {
  private readonly removed: Counter;

  constructor(
    private readonly config: MiraConfig,
    private readonly dataSource: DataSource,
    @Inject(DATABASE_TARGET) private readonly target: Pick<DatabaseTarget, 'isDistributed'>,
    metrics: MetricsService,
  ) {
    this.removed = metrics.counter('mira_events_removed_total', 'Events that retention took away');
  }

  /**
   * Goes through all tenants, the oldest events first, and rests as long as it works.
   *
   * @param signal ends it after the transaction that is under way
   * @returns how many events went
   */
  async removeExpired(now: Date, signal?: AbortSignal): Promise<number> {
    const days = this.config.webhook.retention_days;
    if (days === 0) return 0;
    const before = idBefore(new Date(now.getTime() - days * DAY_MS));
    const text = this.target.isDistributed ? TENANTS_WITH_EVENTS_BEFORE_OF_ALL_SERVERS : TENANTS_WITH_EVENTS_BEFORE;
    const tenants: { id: string }[] = await this.dataSource.query(text, [before]);
    let removed = 0;
    for (const { id } of tenants) removed += await this.removeOf(id, before, signal);
    return removed;
  }

  private async removeOf(tenantId: string, before: string, signal?: AbortSignal): Promise<number> {
    let removed = 0;
    let after: string | null = NO_ID;
    while (after !== null && !signal?.aborted) {
      const place: string = after;
      const startedAt = performance.now();
      const batch = await this.dataSource.transaction((manager) => removeBatch(manager, tenantId, place, before));
      this.removed.inc(batch.removed);
      removed += batch.removed;
      after = batch.after;
      await sleep(performance.now() - startedAt, undefined, signal ? { signal } : {}).catch(() => undefined);
    }
    return removed;
  }
}

async function removeBatch(manager: EntityManager, tenantId: string, after: string, before: string): Promise<Batch> {
  const [lock]: { mine: boolean }[] = await manager.query('SELECT pg_try_advisory_xact_lock($1) AS mine', [
    ADVISORY_LOCKS.retention,
  ]);
  if (!lock?.mine) return { removed: 0, after: null };
  // From here on no replay makes a delivery of an event that is about to go.
  await holdTenant(manager, 'events', tenantId);
  const events: { id: string }[] = await manager.query(EVENTS_BEFORE, [tenantId, after, before, AT_ONCE]);
  const ids = events.map(({ id }) => id);
  const deliveries: DeliveryRow[] = await manager.query(DELIVERIES_OF, [tenantId, ids]);
  const kept = new Set(deliveries.filter((row) => row.is_open).map((row) => row.event_id));
  const going = ids.filter((id) => !kept.has(id));
  const goingWith = deliveries.filter((row) => !kept.has(row.event_id)).map(({ id }) => id);
  if (going.length > 0) await manager.query(REMOVE, [tenantId, going, goingWith, going.at(-1)]);
  return { removed: going.length, after: ids.length < AT_ONCE ? null : (ids.at(-1) ?? null) };
}
