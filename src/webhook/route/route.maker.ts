import { type Actor, actsOn, AuditTrail } from '@mira/audit';
import { problems } from '@mira/problem';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { MiraConfig } from '../../config/mira.config';
import { newId } from '../../database/new-id';
import { Route } from './route.entity';
import { RouteRepository } from './route.repository';
import { refusingUnknownIntegration } from './route.targets';
import { routeView } from './route-view.dto';

const acts = actsOn('route');

/** What whoever makes a route decides of it. */
export type MadeRoute = Omit<Route, 'tenantId' | 'id' | 'pausedAt' | 'createdAt' | 'updatedAt'>;

/**
 * Adds routes, exactly as many as a tenant may have: each is looked at for every event of its service, within the
 * transaction that stores it.
 */
@Injectable()
export class RouteMaker {
  constructor(
    private readonly config: MiraConfig,
    private readonly routes: RouteRepository,
    private readonly trail: AuditTrail,
  ) {}

  /** @throws Problem where there are as many as there may be, or its integration is gone */
  async make(manager: EntityManager, who: Actor, made: MadeRoute): Promise<Route> {
    const { tenantId } = who;
    const most = this.config.webhook.max_routes;
    const used = await this.routes.holdCount(manager, tenantId);
    if (used >= most) {
      const members = { limit: most, used };
      throw problems.conflict(`A tenant has ${most} routes at most, those made for replays included.`, members);
    }
    const route = Object.assign(new Route(), { ...made, tenantId, id: newId(), pausedAt: null });
    const saved = await refusingUnknownIntegration(this.routes.save(manager, route));
    await this.trail.record(manager, who, acts.created(routeView(saved)));
    return saved;
  }
}
