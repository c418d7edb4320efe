import { Injectable } from '@nestjs/common';
import { type EntityManager, LessThan } from 'typeorm';
import { Integration } from './integration.entity';

/** Asks the database for integrations, inside the caller's tenant-scoped transaction. */
@Injectable()
export class IntegrationRepository {
  async save(manager: EntityManager, integration: Integration): Promise<Integration> {
    return manager.save(integration);
  }

  /** Newest first, those before `before`. */
  async list(manager: EntityManager, tenantId: string, limit: number, before: string | null): Promise<Integration[]> {
    return manager.find(Integration, {
      where: { tenantId, ...(before === null ? {} : { id: LessThan(before) }) },
      order: { id: 'DESC' },
      take: limit,
    });
  }

  async find(manager: EntityManager, tenantId: string, id: string): Promise<Integration | null> {
    return manager.findOneBy(Integration, { tenantId, id });
  }

  /** Keeps the row from changes, and from new routes to it, until the transaction ends. */
  async findAndLock(manager: EntityManager, tenantId: string, id: string): Promise<Integration | null> {
    return manager.findOne(Integration, { where: { tenantId, id }, lock: { mode: 'pessimistic_write' } });
  }

  async count(manager: EntityManager, tenantId: string): Promise<number> {
    return manager.countBy(Integration, { tenantId });
  }

  async delete(manager: EntityManager, tenantId: string, id: string): Promise<void> {
    await manager.delete(Integration, { tenantId, id });
  }

  /** Routes belong to a room above this one, so they are known here as what a foreign key of the schema says. */
  async countRoutesTo(manager: EntityManager, tenantId: string, id: string): Promise<number> {
    const [row]: { count: number }[] = await manager.query(
      'SELECT count(*)::int AS count FROM routes WHERE tenant_id = $1 AND integration_id = $2',
      [tenantId, id],
    );
    return row?.count ?? 0;
  }
}
