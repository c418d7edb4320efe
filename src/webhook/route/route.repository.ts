import { Injectable } from '@nestjs/common';
import { type EntityManager, In, IsNull, LessThan } from 'typeorm';
import { holdTenant } from '../../database/hold-tenant';
import { Route } from './route.entity';
import type { FilteredEvent } from './route.filter';
import type { RoutingRule } from './route.matcher';

export type TargetColumns = Pick<Route, 'targetKind' | 'integrationId' | 'workflowId' | 'webhookPath' | 'agentName'>;

/** Asks the database for routes, inside the caller's tenant-scoped transaction. */
@Injectable()
export class RouteRepository {
  /** Newest first, those before `before`. */
  async list(manager: EntityManager, tenantId: string, limit: number, before: string | null): Promise<Route[]> {
    return manager.find(Route, {
      where: { tenantId, ...(before === null ? {} : { id: LessThan(before) }) },
      order: { id: 'DESC' },
      take: limit,
    });
  }

  async find(manager: EntityManager, tenantId: string, id: string): Promise<Route | null> {
    return manager.findOneBy(Route, { tenantId, id });
  }

  /** Holds the row until the transaction ends, so that changes come one after the other. */
  async lock(manager: EntityManager, tenantId: string, id: string): Promise<Route | null> {
    return manager.findOne(Route, { where: { tenantId, id }, lock: { mode: 'pessimistic_write' } });
  }

  /** How many there are; whoever asks so too waits until the transaction ends, so that two do not both make the last. */
  async holdCount(manager: EntityManager, tenantId: string): Promise<number> {
    await holdTenant(manager, 'routes', tenantId);
    return manager.countBy(Route, { tenantId });
  }

  /** A stored event, as routes look at it. */
  async findEvent(manager: EntityManager, tenantId: string, id: string): Promise<FilteredEvent | null> {
    const [event]: FilteredEvent[] = await manager.query(
      `SELECT service, event_type AS "eventType", content_type AS "contentType", headers, body
       FROM webhook_events WHERE tenant_id = $1 AND id = $2`,
      [tenantId, id],
    );
    return event ?? null;
  }

  /** Of those that are enabled. */
  async rules(manager: EntityManager, tenantId: string): Promise<RoutingRule[]> {
    return manager.find(Route, {
      select: { tenantId: true, id: true, service: true, eventTypes: true, filter: true },
      where: { tenantId, enabled: true },
      order: { id: 'ASC' },
    });
  }

  /** Those of these routes that keep an order. */
  async orderedAmong(manager: EntityManager, tenantId: string, ids: readonly string[]): Promise<string[]> {
    const rows = await manager.find(Route, {
      select: { tenantId: true, id: true },
      where: { tenantId, id: In([...ids]), ordered: true },
    });
    return rows.map(({ id }) => id);
  }

  async names(manager: EntityManager, tenantId: string): Promise<Map<string, string>> {
    const routes = await manager.find(Route, { select: { tenantId: true, id: true, name: true }, where: { tenantId } });
    return new Map(routes.map(({ id, name }) => [id, name]));
  }

  /** The one to this target that was made for replays. */
  async findForReplays(manager: EntityManager, tenantId: string, target: TargetColumns): Promise<Route | null> {
    const { targetKind } = target;
    const orNull = (value: string | null) => value ?? IsNull();
    return manager.findOneBy(Route, {
      tenantId,
      forReplays: true,
      targetKind,
      integrationId: orNull(target.integrationId),
      workflowId: orNull(target.workflowId),
      webhookPath: orNull(target.webhookPath),
      agentName: orNull(target.agentName),
    });
  }

  /** Adds it, or writes what was changed of it. */
  async save(manager: EntityManager, route: Route): Promise<Route> {
    return manager.save(route);
  }

  /** False where there was none. */
  async delete(manager: EntityManager, tenantId: string, id: string): Promise<boolean> {
    const { affected } = await manager.delete(Route, { tenantId, id });
    return affected === 1;
  }
}
