import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { newId } from '../database/new-id';
import { Tenant, type Tier } from './tenant.entity';

/** Makes and finds tenants. Runs as Mira's own login, for a tenant cannot be looked for from inside itself. */
@Injectable()
export class TenantService {
  constructor(private readonly dataSource: DataSource) {}

  /** Adds a tenant within the caller's transaction. */
  async create(manager: EntityManager, tenant: { name: string; tier: Tier; isDefault: boolean }): Promise<Tenant> {
    return manager.save(manager.create(Tenant, { ...tenant, id: newId(), active: true }));
  }

  /** The tenant of the first start, while it is active. */
  async findDefault(): Promise<Tenant | null> {
    return this.dataSource.manager.findOneBy(Tenant, { isDefault: true, active: true });
  }
}
