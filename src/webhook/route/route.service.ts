import { type Actor, actsOn, AuditTrail } from '@mira/audit';
import { decodeCursor, type Page, type PageQuery, toPage } from '@mira/page';
import { problems } from '@mira/problem';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { TenantDatabase } from '../../database/tenant.database';
import { FeatureService } from '../../enterprise/plan/feature.service';
import { HoldService } from '../delivery/hold/hold.service';
import { type Lining, LiningUp } from '../delivery/hold/lining.up';
import type { CreateRouteDto, UpdateRouteDto } from './route.dto';
import type { Route } from './route.entity';
import { type RouteTestView, type TestRouteDto } from './route-test.dto';
import type { FilteredEvent } from './route.filter';
import { testRoute } from './route.tester';
import { RouteMaker } from './route.maker';
import { RouteRepository } from './route.repository';
import { columnsOf, refusingUnknownIntegration, RouteTargets } from './route.targets';
import { type RouteView, routeView } from './route-view.dto';

const acts = actsOn('route');

/** Decides where a tenant's events go, from the next one on: makes, changes and deletes its routes. */
@Injectable()
export class RouteService {
  constructor(
    private readonly database: TenantDatabase,
    private readonly routes: RouteRepository,
    private readonly maker: RouteMaker,
    private readonly targets: RouteTargets,
    private readonly features: FeatureService,
    private readonly holds: HoldService,
    private readonly liningUp: LiningUp,
    private readonly trail: AuditTrail,
  ) {}

  async list(tenantId: string, { limit, cursor }: PageQuery): Promise<Page<RouteView>> {
    const before = decodeCursor(cursor);
    const rows = await this.database.transaction(tenantId, (manager) =>
      this.routes.list(manager, tenantId, limit + 1, before),
    );
    return toPage(rows.map(routeView), limit, ({ id }) => id);
  }

  async get(tenantId: string, id: string): Promise<RouteView> {
    const route = await this.database.transaction(tenantId, (manager) => this.routes.find(manager, tenantId, id));
    return routeView(found(route));
  }

  async create(who: Actor, wanted: CreateRouteDto): Promise<RouteView> {
    const { tenantId } = who;
    const {
      name,
      service,
      event_types = [],
      filter = null,
      target,
      enabled = true,
      ordered = false,
      execution_retries = 0,
    } = wanted;
    await this.checkFilter(tenantId, filter);
    if (ordered) await this.features.require(tenantId, 'advanced_workflows');
    const saved = await this.database.transaction(tenantId, async (manager) => {
      await this.targets.check(manager, tenantId, target);
      return this.maker.make(manager, who, {
        name,
        service,
        eventTypes: [...new Set(event_types)],
        filter,
        ...columnsOf(target),
        enabled,
        forReplays: false,
        ordered,
        executionRetries: execution_retries,
      });
    });
    return routeView(saved);
  }

  async update(who: Actor, id: string, changes: UpdateRouteDto): Promise<RouteView> {
    const { tenantId } = who;
    const { name, service, event_types, filter, target, enabled, ordered, execution_retries } = changes;
    await this.checkFilter(tenantId, filter);
    if (ordered) await this.features.require(tenantId, 'advanced_workflows');
    if (ordered) await this.forgetOldOrder(tenantId, id);
    const { saved, lining } = await this.database.transaction(tenantId, async (manager) => {
      const route = found(await this.routes.lock(manager, tenantId, id));
      const before = routeView(route);
      if (target) {
        await this.targets.check(manager, tenantId, target);
        Object.assign(route, columnsOf(target));
      }
      route.name = name ?? route.name;
      route.service = service ?? route.service;
      route.eventTypes = event_types ? [...new Set(event_types)] : route.eventTypes;
      route.filter = filter === undefined ? route.filter : filter;
      route.enabled = enabled ?? route.enabled;
      const beginsOrder = ordered === true && !route.ordered;
      route.ordered = ordered ?? route.ordered;
      route.executionRetries = execution_retries ?? route.executionRetries;
      const saved = await refusingUnknownIntegration(this.routes.save(manager, route));
      if (target) await this.holds.probeSoonFor(manager, tenantId, id);
      const lining = beginsOrder ? await this.liningUp.begin(manager, { tenantId, routeId: id }) : null;
      await this.trail.record(manager, who, acts.updated(before, routeView(saved)));
      return { saved, lining };
    });
    await this.lineUp(tenantId, lining);
    return routeView(saved);
  }

  /** Beforehand, so that little of it is left to the transaction that switches the order on. */
  private async forgetOldOrder(tenantId: string, id: string): Promise<void> {
    const forget = async (manager: EntityManager) => {
      const route = await this.routes.lock(manager, tenantId, id);
      return route !== null && !route.ordered && this.liningUp.forget(manager, { tenantId, routeId: id });
    };
    while (await this.database.transaction(tenantId, forget));
  }

  private async lineUp(tenantId: string, begun: Lining | null): Promise<void> {
    const goOn = (lining: Lining) =>
      this.database.transaction(tenantId, (manager) => this.liningUp.goOn(manager, lining));
    for (let lining = begun; lining !== null;) lining = await goOn(lining);
  }

  /** Its deliveries that are still open end dead when their turn comes. */
  async delete(who: Actor, id: string): Promise<void> {
    const { tenantId } = who;
    await this.database.transaction(tenantId, async (manager) => {
      const route = found(await this.routes.lock(manager, tenantId, id));
      await this.routes.delete(manager, tenantId, id);
      await this.holds.forgetRoute(manager, tenantId, id);
      await this.trail.record(manager, who, acts.deleted(routeView(route)));
    });
  }

  /** Those that are there stay, and are asked, whatever becomes of the plan. */
  private async checkFilter(tenantId: string, filter: string | null | undefined): Promise<void> {
    if (typeof filter === 'string') await this.features.require(tenantId, 'advanced_workflows');
  }

  /** Tries a route on an event. */
  async test(tenantId: string, id: string, wanted: TestRouteDto): Promise<RouteTestView> {
    const madeUp = madeUpEvent(wanted);
    return this.database.transaction(tenantId, async (manager) => {
      const route = found(await this.routes.find(manager, tenantId, id));
      const event = madeUp ?? (await this.routes.findEvent(manager, tenantId, wanted.event_id ?? ''));
      if (event) return testRoute(route, event);
      throw problems.validationFailed([{ field: 'event_id', message: 'there is no such event' }]);
    });
  }

  /** Holds its deliveries from the next attempt on. */
  async pause(who: Actor, id: string): Promise<RouteView> {
    return this.setPaused(who, id, new Date());
  }

  /** What was held goes on by itself, the oldest first: the keeper of holds sees that nothing holds it any more. */
  async resume(who: Actor, id: string): Promise<RouteView> {
    return this.setPaused(who, id, null);
  }

  private async setPaused(who: Actor, id: string, pausedAt: Date | null): Promise<RouteView> {
    const { tenantId } = who;
    const saved = await this.database.transaction(tenantId, async (manager) => {
      const route = found(await this.routes.lock(manager, tenantId, id));
      if ((route.pausedAt === null) === (pausedAt === null)) return route;
      const before = routeView(route);
      route.pausedAt = pausedAt;
      const saved = await this.routes.save(manager, route);
      await this.trail.record(
        manager,
        who,
        acts.did(pausedAt ? 'paused' : 'resumed', id, { before, after: routeView(saved) }),
      );
      return saved;
    });
    return routeView(saved);
  }
}

/** The event that the fields describe; null where they name a stored one. */
function madeUpEvent({ event_id, service, event_type, payload, headers = {} }: TestRouteDto): FilteredEvent | null {
  if ((event_id === undefined) === (service === undefined)) {
    throw problems.validationFailed([{ field: 'event_id', message: 'must be given, or service: one of the two' }]);
  }
  if (service === undefined) return null;
  const lowerCase = Object.fromEntries(Object.entries(headers).map(([name, text]) => [name.toLowerCase(), text]));
  return {
    service,
    eventType: event_type ?? null,
    contentType: payload === undefined ? null : 'application/json',
    headers: lowerCase,
    body: Buffer.from(payload === undefined ? '' : JSON.stringify(payload)),
  };
}

function found(route: Route | null): Route {
  if (!route) throw notFound();
  return route;
}

function notFound() {
  return problems.notFound('There is no such route.');
}
