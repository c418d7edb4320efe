import { type Actor, actsOn, AuditTrail } from '@mira/audit';
import { decodeCursor, type Page, toPage } from '@mira/page';
import { problems } from '@mira/problem';
import { Injectable } from '@nestjs/common';
import { TenantDatabase } from '../../database/tenant.database';
import { type DeadLetterList, deadLetterView } from './dead-letter-view.dto';
import { type DeliveryDetailView, deliveryDetailView, type DeliveryView, deliveryView } from './delivery-view.dto';
import type { Delivery, DeliveryStatus } from './delivery.entity';
import { DeliveryQueue } from './queue/delivery.queue';
import { DeliveryRepository } from './delivery.repository';
import type { ListDeliveriesQuery } from './list-deliveries.dto';

/** Shows a tenant how its deliveries went, and has one tried again on demand. */
@Injectable()
export class DeliveryService {
  constructor(
    private readonly database: TenantDatabase,
    private readonly deliveries: DeliveryRepository,
    private readonly queue: DeliveryQueue,
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
      return deliveryDetailView(delivery, await this.deliveries.attempts(manager, tenantId, id));
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
      const row = found(await this.deliveries.lock(manager, tenantId, id));
      const refusal = REFUSALS[row.status];
      if (refusal !== null) throw problems.conflict(refusal);
      const now = new Date();
      if (isUnderWay(row, now)) return row;
      const before = deliveryView(row);
      Object.assign(row, { status: 'queued', nextAttemptAt: now, completedAt: null, reason: null, cause: null });
      const attempt = row.attemptCount + 1;
      await this.queue.enqueue(manager, [{ tenantId, deliveryId: row.id, attempt, startAfter: null }]);
      const saved = await this.deliveries.save(manager, row);
      await this.trail.record(
        manager,
        who,
        actsOn('delivery').did('retried', id, { before, after: deliveryView(saved) }),
      );
      return saved;
    });
    this.queue.wake();
    return deliveryView(delivery);
  }
}

/** So long an attempt that is due counts as about to be made; asking for it again then makes no second one of it. */
const UNDER_WAY_MS = 60_000;

function isUnderWay({ status, nextAttemptAt }: Delivery, now: Date): boolean {
  if (status !== 'queued' || nextAttemptAt === null) return false;
  const dueForMs = now.getTime() - nextAttemptAt.getTime();
  return dueForMs >= 0 && dueForMs < UNDER_WAY_MS;
}

/** Why a delivery cannot be tried again, or null where it can. */
const REFUSALS: Readonly<Record<DeliveryStatus, string | null>> = {
  queued: null,
  dead: null,
  set_aside: null,
  accepted: 'This delivery arrived; there is nothing to try again.',
  running: 'This delivery arrived, and its execution runs.',
  succeeded: 'This delivery arrived, and its execution succeeded; there is nothing to try again.',
  failed: 'This delivery arrived, and its execution failed: have n8n run it again.',
  unknown: 'This delivery arrived; what became of its execution is not known.',
  delivered: 'This delivery arrived; there is nothing to try again.',
  held: 'This delivery is held, and goes on by itself when what holds it has passed.',
};

function found(delivery: Delivery | null): Delivery {
  if (!delivery) throw problems.notFound('There is no such delivery.');
  return delivery;
}
