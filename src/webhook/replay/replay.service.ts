import { type Actor, actsOn, AuditTrail } from '@mira/audit';
import { decodeCursor, type Page, toPage } from '@mira/page';
import { problems } from '@mira/problem';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { MiraConfig } from '../../config/mira.config';
import { newId } from '../../database/new-id';
import { TenantDatabase } from '../../database/tenant.database';
import { RouteOrder } from '../delivery/hold/route.order';
import { DeliveryQueue } from '../delivery/queue/delivery.queue';
import { EventRepository } from '../event/event.repository';
import type { RouteTarget } from '../route/route.dto';
import { RouteDirectory } from '../route/route.directory';
import {
  DEFAULT_RATE,
  type ListReplaysQuery,
  type RedriveDto,
  type ReplayEventDto,
  type ReplayEventsDto,
} from './replay.dto';
import { Replay, type ReplayKind, type Selection } from './replay.entity';
import { ReplayCounter } from './replay.counter';
import { ReplayPlanner } from './replay.planner';
import { ReplayRepository } from './replay.repository';
import { ReplaySteps } from './replay.steps';
import { type RedrivePreviewView, type ReplayPreviewView, type ReplayView, replayView } from './replay-view.dto';
import { storedDeliveries, storedEvents } from './selection';

const acts = actsOn('replay');

/** Has events delivered once more, and deliveries that were given up tried again: starts, shows and cancels that. */
@Injectable()
export class ReplayService {
  constructor(
    private readonly config: MiraConfig,
    private readonly database: TenantDatabase,
    private readonly replays: ReplayRepository,
    private readonly events: EventRepository,
    private readonly routes: RouteDirectory,
    private readonly counter: ReplayCounter,
    private readonly planner: ReplayPlanner,
    private readonly steps: ReplaySteps,
    private readonly queue: DeliveryQueue,
    private readonly order: RouteOrder,
    private readonly trail: AuditTrail,
  ) {}

  async list(tenantId: string, query: ListReplaysQuery): Promise<Page<ReplayView>> {
    const before = decodeCursor(query.cursor);
    const rows = await this.database.transaction(tenantId, (manager) =>
      this.replays.list(manager, tenantId, query, before),
    );
    return toPage(rows.map(replayView), query.limit, ({ id }) => id);
  }

  async get(tenantId: string, id: string): Promise<ReplayView> {
    const replay = await this.database.transaction(tenantId, (manager) => this.replays.find(manager, tenantId, id));
    return replayView(found(replay));
  }

  /** One event, at once. */
  async replayEvent(who: Actor, eventId: string, wanted: ReplayEventDto): Promise<ReplayView> {
    const { tenantId } = who;
    checkGoal(wanted);
    const view = await this.database.transaction(tenantId, async (manager) => {
      const events = await this.events.findAll(manager, tenantId, [eventId]);
      const [event] = events;
      if (!event) throw problems.notFound('There is no such event.');
      const routeId = await this.goalOf(manager, who, { ...goalIn(wanted), service: event.service });
      const [goals = []] = await this.planner.plan(manager, tenantId, routeId, events);
      if (goals.length === 0) throw problems.conflict('No route takes this event now; name a route_id or a target.');
      const replay = newReplay(who, 'replay', storedEvents({ event_ids: [eventId] }), wanted, { routeId, total: 1 });
      await this.steps.take(manager, replay, replay.createdAt);
      await this.trail.record(manager, who, acts.did('started', replay.id, { after: replayView(replay) }));
      return replayView(replay);
    });
    this.queue.wake();
    return view;
  }

  async replayEvents(who: Actor, wanted: ReplayEventsDto): Promise<ReplayView | ReplayPreviewView> {
    const { filter, event_ids, preview = false, rate_per_second: rate = DEFAULT_RATE } = wanted;
    if ((filter === undefined) === (event_ids === undefined)) {
      throw problems.validationFailed([{ field: 'filter', message: 'must be given, or event_ids: one of the two' }]);
    }
    checkGoal(wanted);
    const selection = storedEvents({ filter, event_ids });
    if (preview) return this.counter.previewEvents(who.tenantId, selection, wanted, rate);
    const total = await this.counter.countEvents(who.tenantId, selection);
    return this.start(who, 'replay', selection, wanted, {
      total,
      goal: { ...goalIn(wanted), service: filter?.service },
    });
  }

  async redrive(who: Actor, wanted: RedriveDto): Promise<ReplayView | RedrivePreviewView> {
    const { preview = false, rate_per_second: rate = DEFAULT_RATE } = wanted;
    const selection = storedDeliveries(wanted);
    if (preview) return this.counter.previewDeliveries(who.tenantId, selection, rate);
    const { count, isExact } = await this.counter.countDeliveries(who.tenantId, selection);
    return this.start(who, 'redrive', selection, wanted, { total: isExact ? count : null });
  }

  /** What has not started is taken back; what has, goes on. */
  async cancel(who: Actor, id: string): Promise<ReplayView> {
    const { tenantId } = who;
    return this.database.transaction(tenantId, async (manager) => {
      const replay = found(await this.replays.lock(manager, tenantId, id));
      const before = replayView(replay);
      if (replay.state === 'cancelled') return before;
      if (replay.state !== 'running') throw problems.conflict(`This replay is ${replay.state} already.`);
      const withdrawn = replay.kind === 'replay' ? await this.withdraw(manager, tenantId, id) : 0;
      const now = new Date();
      replay.created -= withdrawn;
      Object.assign(replay, { state: 'cancelled', completedAt: now, updatedAt: now });
      await this.replays.save(manager, replay);
      await this.trail.record(manager, who, acts.did('cancelled', id, { before, after: replayView(replay) }));
      return replayView(replay);
    });
  }

  private async withdraw(manager: EntityManager, tenantId: string, id: string): Promise<number> {
    const lines = await this.replays.waitedAlong(manager, tenantId, id);
    await this.order.lockWithin(manager, lines);
    const withdrawn = await this.replays.withdraw(manager, tenantId, id);
    await this.order.advanceWithin(manager, lines);
    return withdrawn;
  }

  private async start(
    who: Actor,
    kind: ReplayKind,
    selection: Selection,
    wanted: Wanted,
    { total, goal = {} }: { total: number | null; goal?: Goal },
  ): Promise<ReplayView> {
    return this.database.transaction(who.tenantId, async (manager) => {
      const routeId = await this.goalOf(manager, who, goal);
      await this.checkRoom(manager, who.tenantId);
      const replay = newReplay(who, kind, selection, wanted, { routeId, total });
      await this.replays.save(manager, replay);
      await this.trail.record(manager, who, acts.did('started', replay.id, { after: replayView(replay) }));
      return replayView(replay);
    });
  }

  private async checkRoom(manager: EntityManager, tenantId: string): Promise<void> {
    const most = this.config.webhook.max_replays;
    if ((await this.replays.holdRunning(manager, tenantId)) < most) return;
    throw problems.conflict(
      `${most} replays and redrives are under way, and no more may be: wait for one to end, or cancel one.`,
    );
  }

  /** The route that was named, or one that leads to the target; null where events go along those that take them. */
  private async goalOf(manager: EntityManager, who: Actor, { routeId, target, service }: Goal): Promise<string | null> {
    if (target) return (await this.routes.forReplays(manager, who, target, service)).id;
    if (routeId === undefined) return null;
    if (await this.routes.exists(manager, who.tenantId, routeId)) return routeId;
    throw problems.validationFailed([{ field: 'route_id', message: 'there is no such route' }]);
  }
}

/** Where events go, as it was asked for; `service` is that of a route that may have to be made. */
interface Goal {
  readonly routeId?: string | undefined;
  readonly target?: RouteTarget | undefined;
  readonly service?: string | undefined;
}

function goalIn({ route_id: routeId, target }: ReplayEventDto): Goal {
  return { routeId, target };
}

/** What both kinds may say. */
interface Wanted {
  readonly rate_per_second?: number;
  readonly reason?: string;
}

function checkGoal({ route_id: routeId, target }: ReplayEventDto): void {
  if (routeId === undefined || target === undefined) return;
  throw problems.validationFailed([{ field: 'target', message: 'cannot stand beside route_id: give one of the two' }]);
}

function newReplay(
  who: Actor,
  kind: ReplayKind,
  selection: Selection,
  { rate_per_second: ratePerSecond = DEFAULT_RATE, reason }: Wanted,
  { routeId, total }: { routeId: string | null; total: number | null },
): Replay {
  const now = new Date();
  return Object.assign(new Replay(), {
    tenantId: who.tenantId,
    id: newId(),
    kind,
    selection,
    routeId,
    ratePerSecond,
    reason: reason ?? null,
    state: 'running' as const,
    failure: null,
    total,
    processed: 0,
    created: 0,
    position: null,
    upTo: newId(),
    nextStartAt: now,
    failedSteps: 0,
    requestedBy: who.userId,
    createdAt: now,
    updatedAt: now,
    completedAt: null,
  });
}

function found(replay: Replay | null): Replay {
  if (!replay) throw problems.notFound('There is no such replay.');
  return replay;
}
