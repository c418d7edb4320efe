import { AccessLease, type Principal } from '@mira/access';
import { actsOn, AuditTrail } from '@mira/audit';
import { decodeCursor, type Page, type PageQuery, toPage } from '@mira/page';
import { problems } from '@mira/problem';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { MiraConfig } from '../config/mira.config';
import { newId } from '../database/new-id';
import type { CreateTenantDto, UpdateTenantDto } from './tenant.dto';
import { Tenant, type Tier } from './tenant.entity';
import { type TenantView, tenantView } from './tenant-view.dto';
import { TenantRepository } from './tenant.repository';
import { defaultStays, foundTenant, homeOf, noSuchTenant, tenantSeenBy } from './tenant.rules';

const acts = actsOn('tenant');

/** Makes, finds and changes tenants. Runs as Mira's own login, for a tenant cannot be looked for from inside itself. */
@Injectable()
export class TenantService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly tenants: TenantRepository,
    private readonly config: MiraConfig,
    private readonly lease: AccessLease,
    private readonly trail: AuditTrail,
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
  async add(who: Principal, { name, tier = 'basic', active = true }: CreateTenantDto): Promise<Tenant> {
    if (!this.config.rbac.enabled) throw oneTenantOnly();
    const tenant = Object.assign(new Tenant(), { id: newId(), name, tier, active, isDefault: false });
    return this.dataSource.transaction(async (manager) => {
      const saved = await this.tenants.save(manager, tenant);
      // In the trail of whoever made it: the new tenant may have none.
      await this.trail.record(manager, homeOf(who), { ...acts.created(tenantView(saved)), crossing: true });
      return saved;
    });
  }

  /** @throws Problem `conflict` for the deactivation of the default tenant */
  async update(who: Principal, id: string, { name, tier, active }: UpdateTenantDto): Promise<Tenant> {
    if (!tenantSeenBy(who, id)) throw noSuchTenant();
    const changed = await this.dataSource.transaction(async (manager) => {
      const tenant = foundTenant(await this.tenants.lock(manager, id));
      if (tenant.isDefault && active === false) throw defaultStays('deactivated');
      const before = tenantView(tenant);
      tenant.name = name ?? tenant.name;
      tenant.tier = tier ?? tenant.tier;
      tenant.active = active ?? tenant.active;
      // Before it is stored: a plan without a trail must not be a way to leave no trace of itself.
      await this.recordUpdate(manager, who, before, tenantView(tenant));
      return this.tenants.save(manager, tenant);
    });
    if (tier !== undefined || active !== undefined) await this.lease.passed();
    return changed;
  }

  private async recordUpdate(
    manager: EntityManager,
    who: Principal,
    before: TenantView,
    after: TenantView,
  ): Promise<void> {
    const act = acts.updated(before, after);
    const home = homeOf(who);
    if (home.tenantId === after.id) await this.trail.record(manager, home, act);
    else await this.trail.recordCrossing(manager, home, after.id, act);
  }
}

function oneTenantOnly() {
  return problems.conflict('There is one tenant only, because the setting rbac.enabled is false.');
}
