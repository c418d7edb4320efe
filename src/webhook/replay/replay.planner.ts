import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AgentRegistry } from '../../agent/agent.registry';
import { EventRepository, type EventSummary } from '../event/event.repository';
import { matchRoutes, type RoutingRule, takesType } from '../route/route.matcher';
import { RouteDirectory } from '../route/route.directory';

/** Where an event goes once more. */
export interface Goal {
  readonly routeId: string | null;
  readonly agentName: string | null;
}

/** Decides where replayed events go: along the route that was named, else as if they came in now. */
@Injectable()
export class ReplayPlanner {
  constructor(
    private readonly events: EventRepository,
    private readonly routes: RouteDirectory,
    private readonly agents: AgentRegistry,
  ) {}

  /** The goals of each event, in their order. */
  async plan(
    manager: EntityManager,
    tenantId: string,
    routeId: string | null,
    events: readonly EventSummary[],
  ): Promise<Goal[][]> {
    if (routeId !== null) return events.map(() => [{ routeId, agentName: null }]);
    const rules = await this.routes.rules(manager, tenantId);
    const planned: Goal[][] = [];
    for (const event of events) planned.push(await this.goalsOf(manager, tenantId, event, rules));
    return planned;
  }

  private async goalsOf(
    manager: EntityManager,
    tenantId: string,
    event: EventSummary,
    rules: readonly RoutingRule[],
  ): Promise<Goal[]> {
    const { service, eventType } = event;
    const named = rules.filter((rule) => rule.service === service && takesType(rule.eventTypes, eventType));
    const asks = named.some(({ filter }) => filter !== null);
    // The body is read only where a filter asks for it.
    const whole = asks ? await this.events.findWhole(manager, tenantId, event.id) : null;
    const taking = whole ? matchRoutes(whole, named) : named.filter(({ filter }) => filter === null);
    return [
      ...taking.map(({ id }) => ({ routeId: id, agentName: null })),
      ...this.agents.findSubscribed(service, eventType).map(({ name }) => ({ routeId: null, agentName: name })),
    ];
  }
}
