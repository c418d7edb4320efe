import { Injectable } from '@nestjs/common';
import { type EntityManager, IsNull, LessThan, Not } from 'typeorm';
import { type AttemptSummary, DeliveryAttempt } from './attempt/delivery-attempt.entity';
import type { DeadLetterRow } from './dead-letter-view.dto';
import { DeliveryExecution } from './execution/delivery-execution.entity';
import { Delivery, type ShownStatus } from './delivery.entity';

/** Which deliveries, newest first; what is undefined does not matter. */
export interface DeliverySearch {
  readonly limit: number;
  readonly before: string | null;
  readonly status: ShownStatus | undefined;
  readonly eventId: string | undefined;
  readonly routeId: string | undefined;
}

export interface Progress {
  readonly now: Date;
  /** A worker has begun it, and may still be at it. */
  readonly isAttempted: boolean;
  /** It fell due a moment ago, and is about to begin. */
  readonly isDue: boolean;
}

/** So many attempts of a delivery, and deliveries of an event, are shown with it. */
const MOST_SHOWN = 100;

/** Asks the database for deliveries and their attempts, inside the caller's tenant-scoped transaction. */
@Injectable()
export class DeliveryRepository {
  async list(manager: EntityManager, tenantId: string, search: DeliverySearch): Promise<Delivery[]> {
    const { limit, before, status, eventId, routeId } = search;
    return manager.find(Delivery, {
      where: {
        tenantId,
        ...(before === null ? {} : { id: LessThan(before) }),
        ...withStatus(status),
        ...(eventId === undefined ? {} : { eventId }),
        ...(routeId === undefined ? {} : { routeId }),
      },
      order: { id: 'DESC' },
      take: limit,
    });
  }

  /** An event's, in the order they were planned: one for each route and agent that it reached. The last hundred. */
  async listOfEvent(manager: EntityManager, tenantId: string, eventId: string): Promise<Delivery[]> {
    const newestFirst = await manager.find(Delivery, {
      where: { tenantId, eventId },
      order: { id: 'DESC' },
      take: MOST_SHOWN,
    });
    return newestFirst.toReversed();
  }

  async find(manager: EntityManager, tenantId: string, id: string): Promise<Delivery | null> {
    return manager.findOneBy(Delivery, { tenantId, id });
  }

  /** Holds the row until the transaction ends: a worker's record of an attempt waits for it. */
  async lock(manager: EntityManager, tenantId: string, id: string): Promise<Delivery | null> {
    return manager.findOne(Delivery, { where: { tenantId, id }, lock: { mode: 'pessimistic_write' } });
  }

  /** By the clock that all processes share. */
  async now(manager: EntityManager): Promise<Date> {
    const [row]: { now: Date }[] = await manager.query('SELECT now() AS now');
    if (!row) throw new Error('the database does not tell the time');
    return row.now;
  }

  /** How far its attempt is, by the database's clock: no process's own is sure to be right. To be asked of a locked one. */
  async progress(manager: EntityManager, tenantId: string, id: string, attemptSeconds: number): Promise<Progress> {
    const [progress]: Progress[] = await manager.query(
      `SELECT clock_timestamp() AS now,
         status = 'queued' AND coalesce(attempting_since > clock_timestamp() - $3 * interval '1 second', false)
           AS "isAttempted",
         status = 'queued' AND coalesce(next_attempt_at <= clock_timestamp()
           AND next_attempt_at > clock_timestamp() - interval '1 minute', false) AS "isDue"
       FROM deliveries WHERE tenant_id = $1 AND id = $2`,
      [tenantId, id, attemptSeconds],
    );
    return progress ?? { now: new Date(), isAttempted: false, isDue: false };
  }

  /** Whether its deliveries are made one at a time. */
  async keepsOrder(manager: EntityManager, tenantId: string, routeId: string): Promise<boolean> {
    const [row]: { ordered: boolean }[] = await manager.query(
      'SELECT ordered FROM routes WHERE tenant_id = $1 AND id = $2',
      [tenantId, routeId],
    );
    return row?.ordered ?? false;
  }

  /** Writes what was changed of it. */
  async save(manager: EntityManager, delivery: Delivery): Promise<Delivery> {
    return manager.save(delivery);
  }

  /** The dead ones by cause and goal, the most first; of those planned last, where there are too many to count all. */
  async deadLetters(manager: EntityManager, tenantId: string): Promise<{ rows: DeadLetterRow[]; isComplete: boolean }> {
    const rows: (DeadLetterRow & { looked: number })[] = await manager.query(DEAD_LETTERS, [tenantId]);
    return { rows, isComplete: (rows[0]?.looked ?? 0) < DEAD_LETTERS_COUNTED };
  }

  /** The last hundred attempts of each of these deliveries, all of them first to last. */
  async attemptsOfEvent(manager: EntityManager, tenantId: string, ids: readonly string[]): Promise<AttemptSummary[]> {
    return manager.query(ATTEMPTS_OF_EVENT, [tenantId, ids]);
  }

  /** First to last. */
  async executions(manager: EntityManager, tenantId: string, deliveryId: string): Promise<DeliveryExecution[]> {
    return manager.find(DeliveryExecution, { where: { tenantId, deliveryId }, order: { number: 'ASC' } });
  }

  /** First to last. The last hundred: while a hold stands its probe makes one every half a minute. */
  async attempts(manager: EntityManager, tenantId: string, deliveryId: string): Promise<DeliveryAttempt[]> {
    const newestFirst = await manager.find(DeliveryAttempt, {
      where: { tenantId, deliveryId },
      order: { number: 'DESC' },
      take: MOST_SHOWN,
    });
    return newestFirst.toReversed();
  }
}

function withStatus(status: ShownStatus | undefined) {
  if (status === undefined) return {};
  if (status === 'attempting') return { status: 'queued' as const, attemptingSince: Not(IsNull()) };
  return { status, ...(status === 'queued' && { attemptingSince: IsNull() }) };
}

const ATTEMPTS_OF_EVENT = `
  SELECT a.* FROM unnest($2::uuid[]) AS d (id)
  CROSS JOIN LATERAL (
    SELECT tenant_id AS "tenantId", delivery_id AS "deliveryId", number, started_at AS "startedAt",
      duration_ms AS "durationMs", outcome, reason, status_code AS "statusCode"
    FROM delivery_attempts WHERE tenant_id = $1 AND delivery_id = d.id
    ORDER BY number DESC LIMIT ${MOST_SHOWN}) AS a
  ORDER BY a."startedAt", a."deliveryId", a.number`;

const DEAD_LETTERS_COUNTED = 100_000;

const DEAD_LETTERS = `
  WITH dead AS (
    SELECT id, coalesce(cause, 'unknown') AS cause, route_id, agent_name, reason, coalesce(completed_at, created_at) AS at
    FROM deliveries WHERE tenant_id = $1 AND status = 'dead' ORDER BY id DESC LIMIT ${DEAD_LETTERS_COUNTED}
  )
  SELECT cause, route_id AS "routeId", agent_name AS "agentName", count(*)::int AS count, min(at) AS oldest,
    max(at) AS newest, (array_agg(id ORDER BY id DESC))[1] AS "exampleId",
    (array_agg(reason ORDER BY id DESC))[1] AS "exampleReason", (SELECT count(*)::int FROM dead) AS looked
  FROM dead GROUP BY cause, route_id, agent_name ORDER BY count(*) DESC, cause, route_id, agent_name LIMIT 1000`;
