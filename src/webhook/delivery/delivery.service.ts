import { type Actor, actsOn, AuditTrail } from '@mira/audit';
import { decodeCursor, type Page, toPage } from '@mira/page';
import { problems } from '@mira/problem';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { TenantDatabase } from '../../database/tenant.database';
import { type DeadLetterList, deadLetterView } from './dead-letter-view.dto';
import { type DeliveryDetailView, deliveryDetailView, type DeliveryView, deliveryView } from './delivery-view.dto';
import type { Delivery, DeliveryStatus } from './delivery.entity';
import { DeliveryQueue } from './queue/delivery.queue';
import { DeliveryRepository, type Progress } from './delivery.repository';
import { HOLD_REASONS } from './hold/hold-reason';
import { HoldService } from './hold/hold.service';
import { RouteOrder } from './hold/route.order';
import type { ListDeliveriesQuery } from './list-deliveries.dto';

/** Shows a tenant how its deliveries went, and has one tried again on demand. */
@Injectable()
export class DeliveryService {
  constructor(
    private readonly database: TenantDatabase,
    private readonly deliveries: DeliveryRepository,
    private readonly queue: DeliveryQueue,
    private readonly order: RouteOrder,
    private readonly holds: HoldService,
    private readonly trail: AuditTrail,
  ) {}

  async list(tenantId: string, query: ListDeliveriesQuery): Promise<Page<DeliveryView>> {
    const { limit, cursor, status, event_id: eventId, route_id: routeId } = query;
    const search = { limit: limit + 1, before: decodeCursor(cursor), status, eventId, routeId };
    const rows = await this.database.transaction(tenantId, (manager) =>
      this.deliveries.list(manager, tenantId, search),
    );
    return toPage(rows.map(deliveryView), limit, ({ id }) => id);
  }

  async get(tenantId: string, id: string): Promise<DeliveryDetailView> {
    return this.database.transaction(tenantId, async (manager) => {
      const delivery = found(await this.deliveries.find(manager, tenantId, id));
      const attempts = await this.deliveries.attempts(manager, tenantId, id);
      return deliveryDetailView(delivery, attempts, await this.deliveries.executions(manager, tenantId, id));
    });
  }

  async deadLetters(tenantId: string): Promise<DeadLetterList> {
    const { rows, isComplete } = await this.database.transaction(tenantId, (manager) =>
      this.deliveries.deadLetters(manager, tenantId),
    );
    return { data: rows.map(deadLetterView), next_cursor: null, is_complete: isComplete };
  }

  /**
   * One more attempt, at once: for a delivery that is dead, or that would wait for its next one. The job that waits
   * for that stays in the queue; its attempt will have been made by then, so that the worker passes over it.
   */
  async retry(who: Actor, id: string): Promise<DeliveryView> {
    const { tenantId } = who;
    const delivery = await this.database.transaction(tenantId, async (manager) => {
      const { row, keepsOrder, now, isAttempted, isDue } = await this.lock(manager, tenantId, id, {
        probesSoon: true,
      });
      if (isHeldBack(row) && row.routeId !== null) {
        await this.trail.record(manager, who, acts.did('retried', id));
        return row;
      }
      if (row.status === 'failed') return this.runAgain(manager, who, row);
      const refusal = REFUSALS[row.status];
      if (refusal !== null) throw problems.conflict(refusal);
      // Asked for once more, one that is about to begin would be made twice.
      if (isAttempted || isDue) return row;
      const before = deliveryView(row);
      // One that is no part of the line any more, or never was, goes to its end.
      const linesUp = keepsOrder && (row.status === 'set_aside' || (row.status === 'dead' && row.position === null));
      Object.assign(row, {
        status: 'queued',
        // Whoever had it under way is dead.
        attemptingSince: null,
        nextAttemptAt: now,
        completedAt: null,
        reason: null,
        cause: null,
        executionId: null,
      });
      let saved = await this.deliveries.save(manager, row);
      if (linesUp && row.routeId !== null) {
        await this.order.placeWithin(manager, [{ tenantId, routeId: row.routeId, id }]);
        saved = found(await this.deliveries.find(manager, tenantId, id));
      } else {
        const attempt = row.attemptCount + 1;
        await this.queue.enqueue(manager, [{ tenantId, deliveryId: row.id, attempt, startAfter: null }]);
      }
      await this.trail.record(manager, who, acts.did('retried', id, { before, after: deliveryView(saved) }));
      return saved;
    });
    this.queue.wake();
    return deliveryView(delivery);
  }

  /** Has n8n run its execution once more, soon: from the node that failed, and under the same event. */
  private async runAgain(manager: EntityManager, who: Actor, row: Delivery): Promise<Delivery> {
    if (row.executionId === null) throw problems.conflict(REFUSALS.failed ?? undefined);
    const before = deliveryView(row);
    Object.assign(row, { confirmAt: await this.deliveries.now(manager), completedAt: null });
    const saved = await this.deliveries.save(manager, row);
    await this.trail.record(
      manager,
      who,
      acts.did('execution_retried', row.id, { before, after: deliveryView(saved) }),
    );
    return saved;
  }

  /** Gives it up, whatever it waits for. What waits behind it on an ordered route goes on. */
  async setAside(who: Actor, id: string): Promise<DeliveryView> {
    const { tenantId } = who;
    const delivery = await this.database.transaction(tenantId, async (manager) => {
      const { row, now, isAttempted } = await this.lock(manager, tenantId, id);
      if (row.status === 'set_aside') return row;
      // What came of it would be lost, and on an ordered route the next one would go beside it.
      if (isAttempted) throw problems.conflict('An attempt of this delivery is being made; wait for what comes of it.');
      if (!MAY_BE_SET_ASIDE.has(row.status)) throw problems.conflict('This delivery arrived; it cannot be set aside.');
      const before = deliveryView(row);
      Object.assign(row, {
        status: 'set_aside',
        reason: 'It was set aside by hand.',
        heldFor: null,
        attemptingSince: null,
        confirmAt: null,
        nextAttemptAt: null,
        completedAt: now,
      });
      const saved = await this.deliveries.save(manager, row);
      const isInLine = row.position !== null && row.routeId !== null;
      await this.order.advanceWithin(manager, isInLine ? [{ tenantId, routeId: row.routeId ?? '' }] : []);
      await this.trail.record(manager, who, acts.did('set_aside', id, { before, after: deliveryView(saved) }));
      return saved;
    });
    this.queue.wake();
    return deliveryView(delivery);
  }

  /**
   * Holds the row, and before it the line that it stands in; before both, what holds it back is to be looked into soon,
   * where that is wanted. In this order, as all who lock several of these.
   */
  private async lock(
    manager: EntityManager,
    tenantId: string,
    id: string,
    { probesSoon = false } = {},
  ): Promise<Progress & { row: Delivery; keepsOrder: boolean }> {
    const { routeId, status } = found(await this.deliveries.find(manager, tenantId, id));
    if (probesSoon && routeId !== null && (status === 'held' || status === 'queued')) {
      await this.holds.probeSoonFor(manager, tenantId, routeId);
    }
    const keepsOrder = routeId !== null && (await this.deliveries.keepsOrder(manager, tenantId, routeId));
    if (keepsOrder) await this.order.lockWithin(manager, [{ tenantId, routeId }]);
    const row = found(await this.deliveries.lock(manager, tenantId, id));
    const progress = await this.deliveries.progress(manager, tenantId, id, this.queue.jobSeconds);
    return { row, keepsOrder, ...progress };
  }
}

const acts = actsOn('delivery');

const MAY_BE_SET_ASIDE: ReadonlySet<DeliveryStatus> = new Set(['queued', 'held', 'dead', 'failed', 'unknown']);

/** By a hold: not by its plan, its place in a line, or somebody who paused its route. */
function isHeldBack({ status, heldFor }: Delivery): boolean {
  return status === 'held' && HOLD_REASONS.some((reason) => reason === heldFor);
}

/** Why a delivery cannot be tried again, or null where it can. */
const REFUSALS: Readonly<Record<DeliveryStatus, string | null>> = {
  queued: null,
  dead: null,
  set_aside: null,
  accepted: 'This delivery arrived; there is nothing to try again.',
  running: 'This delivery arrived, and its execution runs.',
  succeeded: 'This delivery arrived, and its execution succeeded; there is nothing to try again.',
  failed: 'This delivery arrived, and its execution failed; n8n cannot run it again, for its id is not known.',
  unknown: 'This delivery arrived; what became of its execution is not known.',
  delivered: 'This delivery arrived; there is nothing to try again.',
  held: 'This delivery is held, and goes on by itself when what holds it has passed.',
};

function found(delivery: Delivery | null): Delivery {
  if (!delivery) throw problems.notFound('There is no such delivery.');
  return delivery;
}
