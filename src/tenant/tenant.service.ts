import { AccessLease, type Principal } from '@mira/access';
import { decodeCursor, type Page, type PageQuery, toPage } from '@mira/page';
import { problems } from '@mira/problem';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { MiraConfig } from '../config/mira.config';
import { newId } from '../database/new-id';
import type { CreateTenantDto, UpdateTenantDto } from './tenant.dto';
import { Tenant, type Tier } from './tenant.entity';
import { TenantRepository } from './tenant.repository';
import { defaultStays, foundTenant, noSuchTenant, tenantSeenBy } from './tenant.rules';

/** Makes, finds and changes tenants. Runs as Mira's own login, for a tenant cannot be looked for from inside itself. */
@Injectable()
export class TenantService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly tenants: TenantRepository,
    private readonly config: MiraConfig,
    private readonly lease: AccessLease,
  ) {}

  /** Adds a tenant within the caller's transaction. */
  async create(manager: EntityManager, tenant: { name: string; tier: Tier; isDefault: boolean }): Promise<Tenant> {
    return this.tenants.save(manager, manager.create(Tenant, { ...tenant, id: newId(), active: true }));
  }

  /** The tenant of the first start, while it is active. */
  async findDefault(): Promise<Tenant | null> {
    return this.tenants.findDefault(this.dataSource.manager);
  }

  /** An admin's list has every tenant, anybody else's their own. */
  async list(who: Principal, { limit, cursor }: PageQuery): Promise<Page<Tenant>> {
    const rows = await this.tenants.list(
      this.dataSource.manager,
      limit + 1,
      decodeCursor(cursor),
      who.role === 'admin' ? null : who.tenantId,
    );
    return toPage(rows, limit, ({ id }) => id);
  }

  /** @throws Problem `not-found`, in the same words, for a tenant that there is not and one that is not theirs to see */
  async get(who: Principal, id: string): Promise<Tenant> {
    if (!tenantSeenBy(who, id)) throw noSuchTenant();
    return foundTenant(await this.tenants.find(this.dataSource.manager, id));
  }

  /** @throws Problem `conflict` where the configuration knows one tenant only */
  async add({ name, tier = 'basic', active = true }: CreateTenantDto): Promise<Tenant> {
    if (!this.config.rbac.enabled) throw oneTenantOnly();
    const tenant = Object.assign(new Tenant(), { id: newId(), name, tier, active, isDefault: false });
    return this.write((manager) => this.tenants.save(manager, tenant));
  }

  /** @throws Problem `conflict` for the deactivation of the default tenant */
  async update(who: Principal, id: string, { name, tier, active }: UpdateTenantDto): Promise<Tenant> {
    if (!tenantSeenBy(who, id)) throw noSuchTenant();
    const changed = await this.write(async (manager) => {
      const tenant = foundTenant(await this.tenants.lock(manager, id));
      if (tenant.isDefault && active === false) throw defaultStays('deactivated');
      tenant.name = name ?? tenant.name;
      tenant.tier = tier ?? tenant.tier;
      tenant.active = active ?? tenant.active;
      return this.tenants.save(manager, tenant);
    });
    if (tier !== undefined || active !== undefined) await this.lease.passed();
    return changed;
  }

  /** Each change of a tenant but its end is one transaction here: what is to be audited is written in it, after `work`. */
  private async write<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return this.dataSource.transaction(work);
  }
}

function oneTenantOnly() {
  return problems.conflict('There is one tenant only, because the setting rbac.enabled is false.');
}
