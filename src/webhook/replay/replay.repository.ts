import { Injectable } from '@nestjs/common';
import { type EntityManager, LessThan } from 'typeorm';
import type { OrderedRoute } from '../delivery/hold/route.order';
import { holdTenant } from '../../database/hold-tenant';
import { Replay } from './replay.entity';
import type { ListReplaysQuery } from './replay.dto';
import type { DeliverySelection } from './selection';

/** A delivery that a replay adds. */
export interface AddedDelivery {
  readonly id: string;
  readonly eventId: string;
  readonly routeId: string | null;
  readonly agentName: string | null;
  readonly startAt: Date;
}

/** A delivery that may be given another try. */
export interface RedrivableDelivery {
  readonly id: string;
  readonly attemptCount: number;
  readonly routeId: string | null;
  /** Its place in the line of its route; null where it has none. */
  readonly position: string | null;
}

/** One that is. */
export interface RedrivenDelivery {
  readonly id: string;
  readonly startAt: Date;
  readonly leavesItsPlace: boolean;
}

/** Asks the database for replays and writes what comes of them, inside the caller's tenant-scoped transaction. */
@Injectable()
export class ReplayRepository {
  async list(manager: EntityManager, tenantId: string, query: ListReplaysQuery, before: string | null) {
    const { kind, state, limit } = query;
    return manager.find(Replay, {
      where: {
        tenantId,
        ...(before === null ? {} : { id: LessThan(before) }),
        ...(kind === undefined ? {} : { kind }),
        ...(state === undefined ? {} : { state }),
      },
      order: { id: 'DESC' },
      take: limit + 1,
    });
  }

  async find(manager: EntityManager, tenantId: string, id: string): Promise<Replay | null> {
    return manager.findOneBy(Replay, { tenantId, id });
  }

  async lock(manager: EntityManager, tenantId: string, id: string): Promise<Replay | null> {
    return manager.findOne(Replay, { where: { tenantId, id }, lock: { mode: 'pessimistic_write' } });
  }

  /** Null where it does not run any more, or another process is at it. */
  async lockRunning(manager: EntityManager, tenantId: string, id: string): Promise<Replay | null> {
    return manager.findOne(Replay, {
      where: { tenantId, id, state: 'running' },
      lock: { mode: 'pessimistic_write', onLocked: 'skip_locked' },
    });
  }

  /** How many run; whoever asks so too waits until the transaction ends, so that two do not both start the last one. */
  async holdRunning(manager: EntityManager, tenantId: string): Promise<number> {
    await holdTenant(manager, 'replays', tenantId);
    return manager.countBy(Replay, { tenantId, state: 'running' });
  }

  /** One more step in a row failed; with `most` of them it fails as a whole. Whether it did. */
  async countFailure(manager: EntityManager, tenantId: string, id: string, most: number): Promise<boolean> {
    const [rows]: [{ state: string }[], number] = await manager.query(
      `WITH clock AS MATERIALIZED (SELECT now() AS now)
       UPDATE replays SET failed_steps = failed_steps + 1, updated_at = now(),
         state = CASE WHEN failed_steps + 1 < $3 THEN state ELSE 'failed' END,
         failure = CASE WHEN failed_steps + 1 < $3 THEN failure ELSE $4 END,
         completed_at = CASE WHEN failed_steps + 1 < $3 THEN completed_at ELSE clock.now END
       FROM clock
       WHERE tenant_id = $1 AND id = $2 AND state = 'running' RETURNING state`,
      [tenantId, id, most, `Its next step failed ${most} times in a row; the log has the reason.`],
    );
    return rows[0]?.state === 'failed';
  }

  async save(manager: EntityManager, replay: Replay): Promise<Replay> {
    return manager.save(replay);
  }

  async add(manager: EntityManager, tenantId: string, replayId: string, added: readonly AddedDelivery[]) {
    await manager.query(
      `INSERT INTO deliveries (tenant_id, id, event_id, route_id, agent_name, replay_id, next_attempt_at, created_at)
       SELECT $1, d.id, d.event_id, d.route_id, d.agent_name, $2, d.start_at, now()
       FROM unnest($3::uuid[], $4::uuid[], $5::uuid[], $6::text[], $7::timestamptz[])
         AS d (id, event_id, route_id, agent_name, start_at)
       RETURNING id`,
      [
        tenantId,
        replayId,
        added.map(({ id }) => id),
        added.map(({ eventId }) => eventId),
        added.map(({ routeId }) => routeId),
        added.map(({ agentName }) => agentName),
        added.map(({ startAt }) => startAt),
      ],
    );
  }

  /**
   * Takes away what was added and has not started, those that wait in lines included; returns how many there were.
   * Their jobs find nothing to do. The lines are to be held before.
   */
  async withdraw(manager: EntityManager, tenantId: string, replayId: string): Promise<number> {
    const [, count]: [unknown, number] = await manager.query(
      `DELETE FROM deliveries WHERE tenant_id = $1 AND replay_id = $2 AND attempt_count = 0 AND (
         status = 'held' AND held_for = 'order'
         OR status = 'queued' AND attempting_since IS NULL AND next_attempt_at > now() + interval '1 second')`,
      [tenantId, replayId],
    );
    return count;
  }

  /** The routes in whose lines something of the replay waits. */
  async waitedAlong(manager: EntityManager, tenantId: string, replayId: string): Promise<OrderedRoute[]> {
    return manager.query(
      `SELECT DISTINCT tenant_id AS "tenantId", route_id AS "routeId" FROM deliveries
       WHERE tenant_id = $1 AND replay_id = $2 AND status = 'held' AND held_for = 'order'`,
      [tenantId, replayId],
    );
  }

  /** The next of those that are to be redriven, the oldest first. */
  async selected(
    manager: EntityManager,
    tenantId: string,
    selection: DeliverySelection,
    { after, endedBefore, limit }: { after: string | null; endedBefore: Date; limit: number },
  ): Promise<RedrivableDelivery[]> {
    const { status, cause, routeId, from, to } = selection;
    return manager.query(
      `SELECT ${REDRIVABLE_COLUMNS} FROM deliveries
       WHERE tenant_id = $1 AND status = $2 AND completed_at < $3
         AND ($4::uuid IS NULL OR id > $4) AND ($5::text IS NULL OR cause = $5) AND ($6::uuid IS NULL OR route_id = $6)
         AND ($7::timestamptz IS NULL OR completed_at >= $7) AND ($8::timestamptz IS NULL OR completed_at < $8)
       ORDER BY id LIMIT ${limit}`,
      [tenantId, status, endedBefore, after, cause, routeId, from, to],
    );
  }

  /** Those of them that still are as they were found, the oldest first, held until the transaction ends. */
  async lockSelected(
    manager: EntityManager,
    tenantId: string,
    { status }: DeliverySelection,
    ids: readonly string[],
    endedBefore: Date,
  ): Promise<RedrivableDelivery[]> {
    return manager.query(
      `SELECT ${REDRIVABLE_COLUMNS} FROM deliveries
       WHERE tenant_id = $1 AND id = ANY ($2::uuid[]) AND status = $3 AND completed_at < $4 ORDER BY id FOR UPDATE`,
      [tenantId, ids, status, endedBefore],
    );
  }

  async redrive(manager: EntityManager, tenantId: string, redriven: readonly RedrivenDelivery[]): Promise<void> {
    await manager.query(
      `UPDATE deliveries d SET status = 'queued', next_attempt_at = r.start_at, completed_at = NULL, reason = NULL,
         cause = NULL, execution_id = NULL, confirm_at = NULL,
         position = CASE WHEN r.leaves_its_place THEN NULL ELSE d.position END
       FROM unnest($2::uuid[], $3::timestamptz[], $4::boolean[]) AS r (id, start_at, leaves_its_place)
       WHERE d.tenant_id = $1 AND d.id = r.id`,
      [
        tenantId,
        redriven.map(({ id }) => id),
        redriven.map(({ startAt }) => startAt),
        redriven.map(({ leavesItsPlace }) => leavesItsPlace),
      ],
    );
  }
}

const REDRIVABLE_COLUMNS = 'id, attempt_count AS "attemptCount", route_id AS "routeId", position';
