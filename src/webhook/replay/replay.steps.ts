import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { holdTenant } from '../../database/hold-tenant';
import { newId } from '../../database/new-id';
import { RouteOrder } from '../delivery/hold/route.order';
import { DeliveryQueue } from '../delivery/queue/delivery.queue';
import { EventRepository, type EventSummary } from '../event/event.repository';
import { RouteDirectory } from '../route/route.directory';
import type { Replay } from './replay.entity';
import { ReplayPlanner } from './replay.planner';
import { type RedrivableDelivery, ReplayRepository } from './replay.repository';
import { deliveriesOf, type DeliverySelection, eventsOf } from './selection';

/** So far ahead deliveries are made: a replay that is cancelled has little more to do, and its jobs are few. */
export const AHEAD_MS = 10_000;
const AT_ONCE = 100;

interface Batch {
  /** How many were dealt with, and the last id of them; null where there was nothing more. */
  readonly processed: number;
  readonly position: string | null;
  readonly created: number;
  readonly isLast: boolean;
}

/**
 * Takes a replay one step further: makes deliveries of the next events, each with a job that starts at its time by the
 * rate. What was made and how far it came are committed together, so whoever dies in between has neither lost nor
 * doubled any. Along an ordered route they go to the end of its line and have no time of their own.
 */
@Injectable()
export class ReplaySteps {
  constructor(
    private readonly replays: ReplayRepository,
    private readonly events: EventRepository,
    private readonly routes: RouteDirectory,
    private readonly planner: ReplayPlanner,
    private readonly queue: DeliveryQueue,
    private readonly order: RouteOrder,
  ) {}

  /** Within the transaction that holds the replay's row. Resolves to whether there is more to do at this moment. */
  async take(manager: EntityManager, replay: Replay, now: Date): Promise<boolean> {
    if (replay.nextStartAt < now) replay.nextStartAt = now;
    const roomMs = AHEAD_MS - (replay.nextStartAt.getTime() - now.getTime());
    const room = Math.min(AT_ONCE, Math.floor((roomMs * replay.ratePerSecond) / 1_000));
    if (room <= 0) return false;
    const { tenantId, routeId } = replay;
    if (routeId !== null && replay.kind === 'replay' && !(await this.routes.exists(manager, tenantId, routeId))) {
      Object.assign(replay, { state: 'failed', failure: 'The route was deleted.', completedAt: now });
      await this.replays.save(manager, replay);
      return false;
    }
    const work = replay.kind === 'replay' ? this.replay(manager, replay, room) : this.redrive(manager, replay, room);
    const { processed, created, position, isLast } = await work;
    replay.processed += processed;
    replay.created += created;
    replay.position = position ?? replay.position;
    replay.failedSteps = 0;
    replay.updatedAt = now;
    if (isLast) Object.assign(replay, { state: 'done', completedAt: now });
    await this.replays.save(manager, replay);
    return !isLast;
  }

  private async replay(manager: EntityManager, replay: Replay, room: number): Promise<Batch> {
    const { tenantId, id: replayId, routeId } = replay;
    await holdTenant(manager, 'events', tenantId);
    const { rows, position, isLast } = await this.nextEvents(manager, replay, room);
    const planned = await this.planner.plan(manager, tenantId, routeId, rows);
    const added = rows.flatMap(({ id: eventId }, place) =>
      (planned[place] ?? []).map((goal) => ({ id: newId(), eventId, ...goal, startAt: nextStart(replay) })),
    );
    if (added.length > 0) {
      const ordered = await this.routes.orderedAmong(manager, tenantId, added.map(goesAlong));
      await this.replays.add(manager, tenantId, replayId, added);
      const free = added.filter((delivery) => !ordered.has(delivery.routeId));
      await this.queue.enqueue(
        manager,
        free.map(({ id: deliveryId, startAt }) => ({ tenantId, deliveryId, attempt: 1, startAfter: startAt })),
      );
      await this.order.placeWithin(manager, inLines(tenantId, added, ordered));
    }
    return { processed: rows.length, position, created: added.length, isLast };
  }

  /** The next ones that are selected, the oldest first, and how far that goes. */
  private async nextEvents(
    manager: EntityManager,
    { tenantId, selection, position: after, upTo }: Replay,
    limit: number,
  ): Promise<{ rows: EventSummary[]; position: string | null; isLast: boolean }> {
    const selected = eventsOf(selection);
    if (selected.kind === 'ids') {
      const ids = selected.ids.toSorted().filter((id) => after === null || id > after);
      const next = ids.slice(0, limit);
      const rows = await this.events.findAll(manager, tenantId, next);
      return { rows, position: next.at(-1) ?? null, isLast: ids.length <= limit };
    }
    const range = { after, before: upTo, newestFirst: false };
    const { rows, searchedTo } = await this.events.search(manager, tenantId, selected.criteria, range, limit);
    if (rows.length === limit) return { rows, position: rows.at(-1)?.id ?? null, isLast: false };
    return { rows, position: searchedTo?.id ?? rows.at(-1)?.id ?? null, isLast: searchedTo === null };
  }

  private async redrive(manager: EntityManager, replay: Replay, limit: number): Promise<Batch> {
    const { tenantId, position: after, createdAt: endedBefore } = replay;
    const selection = deliveriesOf(replay.selection);
    const selected = await this.replays.selected(manager, tenantId, selection, { after, endedBefore, limit });
    const ordered = await this.routes.orderedAmong(manager, tenantId, selected.map(goesAlong));
    // The lines before what stands in them, as everywhere.
    await this.order.lockWithin(manager, inLines(tenantId, selected, ordered));
    const ids = selected.map(({ id }) => id);
    const locked = await this.replays.lockSelected(manager, tenantId, selection, ids, endedBefore);
    const redriven = locked.map((delivery) => ({
      ...delivery,
      startAt: nextStart(replay),
      leavesItsPlace: ordered.has(delivery.routeId) && !isHead(selection, delivery),
    }));
    if (redriven.length > 0) {
      await this.replays.redrive(manager, tenantId, redriven);
      const staying = redriven.filter(({ leavesItsPlace }) => !leavesItsPlace);
      await this.queue.enqueue(
        manager,
        staying.map(({ id: deliveryId, attemptCount, startAt }) => ({
          tenantId,
          deliveryId,
          attempt: attemptCount + 1,
          startAfter: startAt,
        })),
      );
      const leaving = redriven.filter(({ leavesItsPlace }) => leavesItsPlace);
      await this.order.placeWithin(manager, inLines(tenantId, leaving, ordered));
    }
    return {
      processed: selected.length,
      created: redriven.length,
      position: ids.at(-1) ?? null,
      isLast: selected.length < limit,
    };
  }
}

function goesAlong({ routeId }: { readonly routeId: string | null }): string | null {
  return routeId;
}

/** Those along routes that keep an order. */
function inLines(
  tenantId: string,
  deliveries: readonly { readonly id: string; readonly routeId: string | null }[],
  ordered: ReadonlySet<string | null>,
) {
  return deliveries.flatMap(({ id, routeId }) =>
    routeId !== null && ordered.has(routeId) ? [{ tenantId, routeId, id }] : [],
  );
}

/** A dead one that has a place is what those behind it wait for, and is tried again where it stands. */
function isHead({ status }: DeliverySelection, { position }: RedrivableDelivery): boolean {
  return status === 'dead' && position !== null;
}

/** The time at which one delivery may start; the next one may a moment later. */
function nextStart(replay: Replay): Date {
  const start = replay.nextStartAt;
  replay.nextStartAt = new Date(start.getTime() + 1_000 / replay.ratePerSecond);
  return start;
}
