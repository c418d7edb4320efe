import { ApiProperty } from '@nestjs/swagger';
import type { RowCounts } from './owned-rows';
import { type Tenant, type Tier, TIERS } from './tenant.entity';

/** A tenant as it is answered. */
export class TenantView {
  id!: string;
  name!: string;
  @ApiProperty({ enum: TIERS })
  tier!: Tier;
  active!: boolean;
  /** The tenant of the very first start, which can be neither deleted nor deactivated. */
  is_default!: boolean;
  created_at!: string;
  updated_at!: string;
}

export class TenantPage {
  data!: TenantView[];
  next_cursor!: string | null;
}

const COUNTS = { type: 'object', additionalProperties: { type: 'integer' } } as const;

/** What the deletion of a tenant would take. */
export class DeletionPreview {
  tenant_id!: string;
  name!: string;
  /** How many rows are its own, by table. */
  @ApiProperty(COUNTS)
  rows!: RowCounts;
  /** Whether it takes `?confirm=` with the tenant's exact name. */
  needs_confirmation!: boolean;
}

/** What the deletion of a tenant took. */
export class DeletionView {
  tenant_id!: string;
  /** How many rows, by table. */
  @ApiProperty(COUNTS)
  deleted!: RowCounts;
}

export function tenantView(tenant: Tenant): TenantView {
  return {
    id: tenant.id,
    name: tenant.name,
    tier: tenant.tier,
    active: tenant.active,
    is_default: tenant.isDefault,
    created_at: tenant.createdAt.toISOString(),
    updated_at: tenant.updatedAt.toISOString(),
  };
}
