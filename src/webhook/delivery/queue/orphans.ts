import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { ADVISORY_LOCKS } from '../../../database/advisory-locks';
import { DeliveryQueue, QUEUE, SCHEMA } from './delivery.queue';

/** A delivery that is overdue for so long, and has no job, is not merely waiting. */
const ORPHANED_AFTER = '10 minutes';
const ADOPTED_AT_ONCE = 1_000;

interface OrphanRow {
  readonly tenant_id: string;
  readonly id: string;
  readonly attempt: number;
}

/**
 * Deliveries that wait for an attempt that nobody would make: pg-boss gave their job up after too many workers died with
 * it, or somebody emptied the queue.
 */
@Injectable()
export class Orphans {
  constructor(
    private readonly dataSource: DataSource,
    private readonly queue: DeliveryQueue,
  ) {}

  /** Gives them a job; returns how many there were. None where another process is at it: one at a time is enough. */
  async adopt(): Promise<number> {
    return this.dataSource.transaction(async (manager) => {
      const [lock]: { mine: boolean }[] = await manager.query('SELECT pg_try_advisory_xact_lock($1) AS mine', [
        ADVISORY_LOCKS.orphans,
      ]);
      if (!lock?.mine) return 0;
      const orphans: OrphanRow[] = await manager.query(FIND, [QUEUE, ORPHANED_AFTER, ADOPTED_AT_ONCE]);
      await this.queue.enqueue(
        manager,
        orphans.map(({ tenant_id: tenantId, id: deliveryId, attempt }) => ({
          tenantId,
          deliveryId,
          attempt,
          startAfter: null,
        })),
      );
      return orphans.length;
    });
  }
}

/**
 * One set without the other, each read once: EXCEPT hashes or sorts, whatever the planner thinks of their sizes, where a
 * join of the two may compare each with each. A job for another attempt of the delivery is none that it waits for.
 */
const FIND = `
  SELECT tenant_id::uuid, id::uuid, attempt FROM (
    SELECT tenant_id::text, id::text, attempt_count + 1 AS attempt FROM deliveries
    WHERE status = 'queued' AND next_attempt_at < now() - $2::interval
    EXCEPT
    SELECT data ->> 'tenant_id', jsonb_array_elements_text(data -> 'delivery_ids'), (data ->> 'attempt')::int
    FROM ${SCHEMA}.job WHERE name = $1 AND state <= 'active'
  ) AS orphan
  LIMIT $3`;
