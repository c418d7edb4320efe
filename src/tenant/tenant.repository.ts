import { Injectable } from '@nestjs/common';
import { type EntityManager, LessThan } from 'typeorm';
import { Tenant } from './tenant.entity';

/**
 * Asks the database for tenants. Its transactions are Mira's own login's: a tenant's role sees its own tenant and may
 * change none, so what a caller may see is in `only`.
 */
@Injectable()
export class TenantRepository {
  /** Newest first, those before `before`; of `only` alone where that is given. */
  async list(manager: EntityManager, limit: number, before: string | null, only: string | null): Promise<Tenant[]> {
    const query = manager.createQueryBuilder(Tenant, 't').orderBy('t.id', 'DESC').take(limit);
    if (before !== null) query.andWhere({ id: LessThan(before) });
    if (only !== null) query.andWhere({ id: only });
    return query.getMany();
  }

  async find(manager: EntityManager, id: string): Promise<Tenant | null> {
    return manager.findOneBy(Tenant, { id });
  }

  async findDefault(manager: EntityManager): Promise<Tenant | null> {
    return manager.findOneBy(Tenant, { isDefault: true, active: true });
  }

  /** Holds the row until the transaction ends. Whatever would add rows that refer to it waits. */
  async lock(manager: EntityManager, id: string): Promise<Tenant | null> {
    return manager.findOne(Tenant, { where: { id }, lock: { mode: 'pessimistic_write' } });
  }

  /** Adds it, or writes what was changed of it. */
  async save(manager: EntityManager, tenant: Tenant): Promise<Tenant> {
    return manager.save(tenant);
  }

  /** Remembers that it was deleted, for as long as something may be on its way to it. */
  async bury(manager: EntityManager, id: string): Promise<void> {
    await manager.query('INSERT INTO deleted_tenants (tenant_id) VALUES ($1)', [id]);
  }

  /** Those that were deleted, each taken by one process at a time, and whether `seconds` have gone by since. */
  async lockBuried(manager: EntityManager, seconds: number): Promise<{ id: string; over: boolean }[]> {
    return manager.query(
      `SELECT tenant_id AS id, deleted_at < now() - make_interval(secs => $1) AS over FROM deleted_tenants
       ORDER BY tenant_id FOR UPDATE SKIP LOCKED`,
      [seconds],
    );
  }

  async forgetBuried(manager: EntityManager, id: string): Promise<void> {
    await manager.query('DELETE FROM deleted_tenants WHERE tenant_id = $1', [id]);
  }
}
