import { type Actor, actsOn, AuditTrail } from '@mira/audit';
import { decodeCursor, type Page, type PageQuery, toPage } from '@mira/page';
import { problems } from '@mira/problem';
import { Injectable } from '@nestjs/common';
import { type EntityManager, QueryFailedError } from 'typeorm';
import { featureOf } from '../../agent/agent';
import { AgentRegistry } from '../../agent/agent.registry';
import { newId } from '../../database/new-id';
import { TenantDatabase } from '../../database/tenant.database';
import { FeatureService } from '../../enterprise/plan/feature.service';
import type { IntegrationKind } from '../../n8n/integration.entity';
import { IntegrationService } from '../../n8n/integration.service';
import { INTERNAL_SERVICE } from '../source/source.registry';
import { HoldService } from '../delivery/hold/hold.service';
import { RouteOrder } from '../delivery/hold/route.order';
import type { CreateRouteDto, RouteTarget, UpdateRouteDto } from './route.dto';
import { Route } from './route.entity';
import { type RouteTestView, type TestRouteDto } from './route-test.dto';
import type { FilteredEvent } from './route.filter';
import { testRoute } from './route.tester';
import type { RoutingRule } from './route.matcher';
import { RouteRepository, type TargetColumns } from './route.repository';
import { type RouteView, routeView } from './route-view.dto';

const acts = actsOn('route');

/** Decides where a tenant's events go, from the next one on: makes, changes and deletes its routes. */
@Injectable()
export class RouteService {
  constructor(
    private readonly database: TenantDatabase,
    private readonly routes: RouteRepository,
    private readonly integrations: IntegrationService,
    private readonly agents: AgentRegistry,
    private readonly features: FeatureService,
    private readonly holds: HoldService,
    private readonly order: RouteOrder,
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
    const route = Object.assign(new Route(), {
      tenantId,
      id: newId(),
      name,
      service,
      eventTypes: [...new Set(event_types)],
      filter,
      ...columnsOf(target),
      enabled,
      pausedAt: null,
      forReplays: false,
      ordered,
      executionRetries: execution_retries,
    });
    return this.saving(tenantId, async (manager) => {
      await this.checkTarget(manager, tenantId, target);
      const saved = await this.routes.save(manager, route);
      await this.trail.record(manager, who, acts.created(routeView(saved)));
      return saved;
    });
  }

  async update(who: Actor, id: string, changes: UpdateRouteDto): Promise<RouteView> {
    const { tenantId } = who;
    const { name, service, event_types, filter, target, enabled, ordered, execution_retries } = changes;
    await this.checkFilter(tenantId, filter);
    if (ordered) await this.features.require(tenantId, 'advanced_workflows');
    return this.saving(tenantId, async (manager) => {
      const route = found(await this.routes.lock(manager, tenantId, id));
      const before = routeView(route);
      if (target) {
        await this.checkTarget(manager, tenantId, target);
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
      const saved = await this.routes.save(manager, route);
      if (target) await this.holds.probeSoonFor(manager, tenantId, id);
      if (beginsOrder) await this.order.begin(manager, { tenantId, routeId: id });
      await this.trail.record(manager, who, acts.updated(before, routeView(saved)));
      return saved;
    });
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

  /** What decides where the tenant's events go. */
  async rules(manager: EntityManager, tenantId: string): Promise<RoutingRule[]> {
    return this.routes.rules(manager, tenantId);
  }

  async exists(manager: EntityManager, tenantId: string, id: string): Promise<boolean> {
    return (await this.routes.find(manager, tenantId, id)) !== null;
  }

  /** Those of these routes that keep an order. */
  async orderedAmong(
    manager: EntityManager,
    tenantId: string,
    routeIds: readonly (string | null)[],
  ): Promise<ReadonlySet<string | null>> {
    const ids = [...new Set(routeIds.filter((id) => id !== null))];
    return new Set(ids.length === 0 ? [] : await this.routes.orderedAmong(manager, tenantId, ids));
  }

  /** Their names by their ids. */
  async names(manager: EntityManager, tenantId: string): Promise<Map<string, string>> {
    return this.routes.names(manager, tenantId);
  }

  /**
   * A route to this target that takes nothing by itself: what is sent along it is delivered, held and counted like all
   * else. The one that was made before, where there is one.
   */
  async forReplays(
    manager: EntityManager,
    who: Actor,
    target: RouteTarget,
    service = INTERNAL_SERVICE,
  ): Promise<Route> {
    const { tenantId } = who;
    await this.checkTarget(manager, tenantId, target);
    const columns = columnsOf(target);
    const known = await this.routes.findForReplays(manager, tenantId, columns);
    if (known) return known;
    const route = Object.assign(new Route(), {
      tenantId,
      id: newId(),
      name: 'Replays to another target',
      service,
      eventTypes: [],
      filter: null,
      ...columns,
      enabled: false,
      pausedAt: null,
      forReplays: true,
      ordered: false,
      executionRetries: 0,
    });
    const saved = await this.routes.save(manager, route);
    await this.trail.record(manager, who, acts.created(routeView(saved)));
    return saved;
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
    return this.saving(tenantId, async (manager) => {
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
  }

  /** @throws Problem where the tenant has no such target */
  async checkTarget(manager: EntityManager, tenantId: string, target: RouteTarget): Promise<void> {
    switch (target.kind) {
      case 'n8n':
      case 'http': {
        const kind = await this.integrations.kindOf(manager, tenantId, target.integration_id);
        if (kind === null) throw unknownIntegration();
        if (kind !== target.kind) throw otherKind(kind);
        return;
      }
      case 'agent':
        return this.checkAgent(manager, tenantId, target.agent);
    }
  }

  private async checkAgent(manager: EntityManager, tenantId: string, name: string): Promise<void> {
    const agent = this.agents.find(name);
    if (!agent) throw unknownAgent(this.agents.names());
    await this.features.requireWithin(manager, tenantId, featureOf(agent));
  }

  /** An integration that was there a moment ago may be deleted before the route is stored: then the table refuses it. */
  private async saving(tenantId: string, work: (manager: EntityManager) => Promise<Route>): Promise<RouteView> {
    try {
      return routeView(await this.database.transaction(tenantId, work));
    } catch (error) {
      throw isForeignKeyViolation(error) ? unknownIntegration() : error;
    }
  }
}

function columnsOf(target: RouteTarget): TargetColumns {
  const none = { integrationId: null, workflowId: null, webhookPath: null, agentName: null };
  switch (target.kind) {
    case 'n8n':
      return {
        ...none,
        targetKind: target.kind,
        integrationId: target.integration_id,
        workflowId: target.workflow_id ?? null,
        webhookPath: target.webhook_path ?? null,
      };
    case 'http':
      return { ...none, targetKind: target.kind, integrationId: target.integration_id };
    case 'agent':
      return { ...none, targetKind: target.kind, agentName: target.agent };
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

function unknownIntegration() {
  return problems.validationFailed([{ field: 'target.integration_id', message: 'there is no such integration' }]);
}

function otherKind(kind: IntegrationKind) {
  const how = { n8n: 'an n8n, with workflow_id or webhook_path', http: 'a receiver, with nothing besides' }[kind];
  const message = `is of an integration of kind ${kind}: target.kind must be ${kind} to lead to ${how}`;
  return problems.validationFailed([{ field: 'target.integration_id', message }]);
}

function unknownAgent(names: readonly string[]) {
  const known = names.length === 0 ? 'there are none' : `there are ${names.join(', ')}`;
  return problems.validationFailed([{ field: 'target.agent', message: `there is no such agent; ${known}` }]);
}

/** SQLSTATE 23503. */
function isForeignKeyViolation(error: unknown): boolean {
  if (!(error instanceof QueryFailedError)) return false;
  const cause: unknown = error.driverError;
  return cause instanceof Error && 'code' in cause && cause.code === '23503';
}
