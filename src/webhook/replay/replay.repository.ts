import { Injectable } from '@nestjs/common';
import { type EntityManager, LessThan } from 'typeorm';
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

/** A delivery that is given another try. */
export interface RedrivenDelivery {
  readonly id: string;
  readonly attemptCount: number;
  readonly startAt: Date;
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

  async save(manager: EntityManager, replay: Replay): Promise<Replay> {
    return manager.save(replay);
  }

  async add(manager: EntityManager, tenantId: string, replayId: string, added: readonly AddedDelivery[]) {
    await manager.query(
      `INSERT INTO deliveries (tenant_id, id, event_id, route_id, agent_name, replay_id, next_attempt_at, created_at)
       SELECT $1, d.id, d.event_id, d.route_id, d.agent_name, $2, d.start_at, now()
       FROM unnest($3::uuid[], $4::uuid[], $5::uuid[], $6::text[], $7::timestamptz[])
         AS d (id, event_id, route_id, agent_name, start_at)`,
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

  /** Takes away what was added and has not started; returns how many there were. Their jobs find nothing to do. */
  async withdraw(manager: EntityManager, tenantId: string, replayId: string): Promise<number> {
    const [, count]: [unknown, number] = await manager.query(
      `DELETE FROM deliveries WHERE tenant_id = $1 AND replay_id = $2 AND status = 'queued' AND attempt_count = 0
         AND attempting_since IS NULL AND next_attempt_at > now() + interval '1 second'`,
      [tenantId, replayId],
    );
    return count;
  }

  /** The next of those that are to be redriven, the oldest first, held until the transaction ends. */
  async selected(
    manager: EntityManager,
    tenantId: string,
    selection: DeliverySelection,
    { after, endedBefore, limit, hold }: { after: string | null; endedBefore: Date; limit: number; hold: boolean },
  ): Promise<{ id: string; attemptCount: number }[]> {
    const { status, cause, routeId, from, to } = selection;
    return manager.query(
      `SELECT id, attempt_count AS "attemptCount" FROM deliveries
       WHERE tenant_id = $1 AND status = $2 AND completed_at < $3
         AND ($4::uuid IS NULL OR id > $4) AND ($5::text IS NULL OR cause = $5) AND ($6::uuid IS NULL OR route_id = $6)
         AND ($7::timestamptz IS NULL OR completed_at >= $7) AND ($8::timestamptz IS NULL OR completed_at < $8)
       ORDER BY id LIMIT ${limit} ${hold ? 'FOR UPDATE' : ''}`,
      [tenantId, status, endedBefore, after, cause, routeId, from, to],
    );
  }

  async redrive(manager: EntityManager, tenantId: string, redriven: readonly RedrivenDelivery[]): Promise<void> {
    await manager.query(
      `UPDATE deliveries d SET status = 'queued', next_attempt_at = r.start_at, completed_at = NULL, reason = NULL,
         cause = NULL, execution_id = NULL, confirm_at = NULL
       FROM unnest($2::uuid[], $3::timestamptz[]) AS r (id, start_at) WHERE d.tenant_id = $1 AND d.id = r.id`,
      [tenantId, redriven.map(({ id }) => id), redriven.map(({ startAt }) => startAt)],
    );
  }
}
