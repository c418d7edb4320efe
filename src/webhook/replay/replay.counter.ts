import { problems } from '@mira/problem';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { newId } from '../../database/new-id';
import { TenantDatabase } from '../../database/tenant.database';
import type { EventRange } from '../event/event.search';
import { type EventFindings, EventRepository, type EventSummary } from '../event/event.repository';
import { eventView } from '../event/event-view.dto';
import { RouteDirectory } from '../route/route.directory';
import type { ReplayEventDto } from './replay.dto';
import type { Selection } from './replay.entity';
import { type Goal, ReplayPlanner } from './replay.planner';
import { ReplayRepository } from './replay.repository';
import type { RedrivePreviewView, ReplayGoalView, ReplayPreviewView } from './replay-view.dto';
import { deliveriesOf, eventsOf } from './selection';

/** More than this is not counted. */
const COUNTED = 10_000;
const PAGE = 500;
/** So many looks are taken, each a bounded one and in a transaction of its own. */
const LOOKS = 40;
const SAMPLE = 5;
/** Of so many is it said where they go: filters may want to read the bodies, within one transaction. */
const PLANNED = 50;
const PLANNED_BYTES = 4 * 1_048_576;

interface Counted {
  readonly count: number;
  readonly isExact: boolean;
  /** The first of them. */
  readonly first: readonly EventSummary[];
}

/** Says beforehand what a replay or redrive would do, without counting for ever. */
@Injectable()
export class ReplayCounter {
  constructor(
    private readonly database: TenantDatabase,
    private readonly events: EventRepository,
    private readonly replays: ReplayRepository,
    private readonly routes: RouteDirectory,
    private readonly planner: ReplayPlanner,
  ) {}

  /** Null where they are too many or too far apart. */
  async countEvents(tenantId: string, selection: Selection): Promise<number | null> {
    const { count, isExact } = await this.count(tenantId, selection);
    return isExact ? count : null;
  }

  async previewEvents(
    tenantId: string,
    selection: Selection,
    wanted: ReplayEventDto,
    rate: number,
  ): Promise<ReplayPreviewView> {
    const { count, isExact, first } = await this.count(tenantId, selection);
    const planned = plannedOf(first);
    const goes_to = await this.database.transaction(tenantId, (manager) =>
      this.goals(manager, tenantId, wanted, planned),
    );
    return {
      preview: true,
      count,
      count_is_exact: isExact,
      sample: first.slice(0, SAMPLE).map(eventView),
      goes_to,
      goes_to_counted: planned.length,
      rate_per_second: rate,
    };
  }

  async countDeliveries(tenantId: string, selection: Selection) {
    const rows = await this.database.transaction(tenantId, (manager) =>
      this.replays.selected(manager, tenantId, deliveriesOf(selection), {
        after: null,
        endedBefore: new Date(),
        limit: COUNTED + 1,
      }),
    );
    const sample = rows.slice(0, SAMPLE).map(({ id }) => id);
    return { count: Math.min(rows.length, COUNTED), isExact: rows.length <= COUNTED, sample };
  }

  async previewDeliveries(tenantId: string, selection: Selection, rate: number): Promise<RedrivePreviewView> {
    const { count, isExact, sample } = await this.countDeliveries(tenantId, selection);
    return { preview: true, count, count_is_exact: isExact, sample, rate_per_second: rate };
  }

  private async count(tenantId: string, selection: Selection): Promise<Counted> {
    const selected = eventsOf(selection);
    if (selected.kind === 'ids') {
      const { ids } = selected;
      const first = await this.database.transaction(tenantId, (manager) => this.events.findAll(manager, tenantId, ids));
      const missing = ids.find((id) => !first.some((event) => event.id === id.toLowerCase()));
      if (missing === undefined) return { count: first.length, isExact: true, first };
      throw problems.validationFailed([{ field: 'event_ids', message: `there is no event ${missing}` }]);
    }
    const before = newId();
    let after: string | null = null;
    let count = 0;
    let first: readonly EventSummary[] = [];
    for (let look = 0; look < LOOKS && count <= COUNTED; look++) {
      const range: EventRange = { after, before, newestFirst: false };
      const { rows, searchedTo }: EventFindings = await this.database.transaction(tenantId, (manager) =>
        this.events.search(manager, tenantId, selected.criteria, range, PAGE),
      );
      if (first.length === 0) first = rows;
      count += rows.length;
      after = rows.length === PAGE ? (rows.at(-1)?.id ?? null) : (searchedTo?.id ?? null);
      if (after === null) return { count: Math.min(count, COUNTED), isExact: count <= COUNTED, first };
    }
    return { count: Math.min(count, COUNTED), isExact: false, first };
  }

  private async goals(
    manager: EntityManager,
    tenantId: string,
    { route_id: routeId, target }: ReplayEventDto,
    events: readonly EventSummary[],
  ): Promise<ReplayGoalView[]> {
    if (target) {
      await this.routes.checkTarget(manager, tenantId, target);
      return [{ route_id: null, route: null, agent: null, deliveries: events.length }];
    }
    if (routeId !== undefined && !(await this.routes.exists(manager, tenantId, routeId))) {
      throw problems.validationFailed([{ field: 'route_id', message: 'there is no such route' }]);
    }
    const planned = await this.planner.plan(manager, tenantId, routeId ?? null, events);
    const byGoal = Map.groupBy(planned.flat(), (goal: Goal) => `${goal.routeId} ${goal.agentName}`);
    const names = await this.routes.names(manager, tenantId);
    return [...byGoal.values()].flatMap((same) => {
      const [goal] = same;
      if (!goal) return [];
      const route = goal.routeId === null ? null : (names.get(goal.routeId) ?? null);
      return [{ route_id: goal.routeId, route, agent: goal.agentName, deliveries: same.length }];
    });
  }
}

/** The first of them, until there are enough or their bodies are too much; one at least. */
function plannedOf(events: readonly EventSummary[]): readonly EventSummary[] {
  let bytes = 0;
  const tooMany = events.findIndex(({ bodyBytes }, place) => {
    bytes += bodyBytes;
    return place >= PLANNED || (place > 0 && bytes > PLANNED_BYTES);
  });
  return tooMany === -1 ? events : events.slice(0, tooMany);
}
