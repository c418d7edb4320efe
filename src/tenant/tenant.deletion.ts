import { AccessLease, type Principal } from '@mira/access';
import { actsOn, AuditTrail } from '@mira/audit';
import { problems } from '@mira/problem';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { OwnedRows, type RowCounts } from './owned-rows';
import type { Tenant } from './tenant.entity';
import { TenantRepository } from './tenant.repository';
import { type DeletionPreview, type DeletionView, tenantView } from './tenant-view.dto';
import { defaultStays, foundTenant, homeOf, noSuchTenant, tenantSeenBy } from './tenant.rules';

/** Where a tenant has rows of these, it takes more than a slip to delete it. */
const EVENTS = 'webhook_events';
/** Far longer than anything that was under way for a tenant can take to be committed. */
const SWEPT_FOR_SECONDS = 3_600;

/**
 * Takes a tenant away with all that is its own. What has a foreign key to it is held off by the lock on its row. What
 * has none, such as events, can still be written by a request that had its answer to "whose is this?" before; rather
 * than let every webhook ask again, the tenant is remembered for an hour, and swept.
 */
@Injectable()
export class TenantDeletion {
  constructor(
    private readonly dataSource: DataSource,
    private readonly tenants: TenantRepository,
    private readonly rows: OwnedRows,
    private readonly lease: AccessLease,
    private readonly trail: AuditTrail,
  ) {}

  /** What it would take. */
  async preview(who: Principal, id: string): Promise<DeletionPreview> {
    if (!tenantSeenBy(who, id)) throw noSuchTenant();
    const { manager } = this.dataSource;
    const tenant = foundTenant(await this.tenants.find(manager, id));
    return previewOf(tenant, await this.rows.count(manager, id));
  }

  /**
   * Deletes it, in one transaction.
   * @param confirm the tenant's exact name, needed where there are events
   */
  async delete(who: Principal, id: string, confirm: string | undefined): Promise<DeletionView> {
    if (!tenantSeenBy(who, id)) throw noSuchTenant();
    const deleted = await this.dataSource.transaction(async (manager) => {
      const tenant = foundTenant(await this.tenants.lock(manager, id));
      if (tenant.isDefault) throw defaultStays('deleted');
      if (confirm !== tenant.name) await this.askForName(manager, tenant, confirm !== undefined);
      await this.tenants.bury(manager, id);
      const counts = await this.rows.delete(manager, id);
      await this.record(manager, who, tenant, counts);
      return counts;
    });
    await this.lease.passed();
    return { tenant_id: id, deleted };
  }

  /** Takes what was still written for tenants after their deletion. Returns how many rows that were. */
  async sweep(): Promise<number> {
    return this.dataSource.transaction(async (manager) => {
      let swept = 0;
      for (const { id, over } of await this.tenants.lockBuried(manager, SWEPT_FOR_SECONDS)) {
        const counts = await this.rows.delete(manager, id);
        swept += Object.values(counts).reduce((sum, count) => sum + count, 0);
        if (over) await this.tenants.forgetBuried(manager, id);
      }
      return swept;
    });
  }

  /** In the trail of the admin's own tenant; where that is the one that goes, in the default one's. */
  private async record(manager: EntityManager, who: Principal, tenant: Tenant, deleted: RowCounts): Promise<void> {
    const home = homeOf(who);
    const tenantId = home.tenantId === tenant.id ? (await this.tenants.findDefault(manager))?.id : home.tenantId;
    if (tenantId === undefined) return;
    const act = actsOn('tenant').did('deleted', tenant.id, { before: tenantView(tenant), after: { deleted } });
    await this.trail.record(manager, { ...home, tenantId, homeTenantId: home.tenantId }, { ...act, crossing: true });
  }

  private async askForName(manager: EntityManager, tenant: Tenant, wasGiven: boolean): Promise<void> {
    const preview = previewOf(tenant, await this.rows.count(manager, tenant.id));
    if (!wasGiven && !preview.needs_confirmation) return;
    const detail = wasGiven
      ? "This is not the tenant's exact name; nothing was deleted."
      : 'The tenant has events. To delete it with all that is counted here, say its exact name in `confirm`.';
    throw problems.confirmationRequired(detail, preview);
  }
}

function previewOf({ id, name }: Tenant, rows: RowCounts) {
  return { tenant_id: id, name, rows, needs_confirmation: (rows[EVENTS] ?? 0) > 0 };
}
