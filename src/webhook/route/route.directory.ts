import type { Actor } from '@mira/audit';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { INTERNAL_SERVICE } from '../source/source.registry';
import type { RouteTarget } from './route.dto';
import type { Route } from './route.entity';
import { RouteMaker } from './route.maker';
import type { RoutingRule } from './route.matcher';
import { RouteRepository } from './route.repository';
import { columnsOf, RouteTargets } from './route.targets';

/** What those need of routes who send events along them once more, within their own transactions. */
@Injectable()
export class RouteDirectory {
  constructor(
    private readonly routes: RouteRepository,
    private readonly targets: RouteTargets,
    private readonly maker: RouteMaker,
  ) {}

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

  /** @throws Problem where the tenant has no such target */
  async checkTarget(manager: EntityManager, tenantId: string, target: RouteTarget): Promise<void> {
    await this.targets.check(manager, tenantId, target);
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
    await this.targets.check(manager, who.tenantId, target);
    const columns = columnsOf(target);
    // Once more under the lock of those who make routes: somebody may be at the same one.
    const known = await this.routes.findForReplays(manager, who.tenantId, columns);
    if (known) return known;
    await this.routes.holdCount(manager, who.tenantId);
    const made = await this.routes.findForReplays(manager, who.tenantId, columns);
    if (made) return made;
    return this.maker.make(manager, who, {
      name: 'Replays to another target',
      service,
      eventTypes: [],
      filter: null,
      ...columns,
      enabled: false,
      forReplays: true,
      ordered: false,
      executionRetries: 0,
    });
  }
}
