import { Injectable } from '@nestjs/common';
import { type EntityManager, LessThan } from 'typeorm';
import { Route } from './route.entity';

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
