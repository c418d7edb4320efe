import { Injectable } from '@nestjs/common';
import { Upkeep } from '../database/upkeep';
import { TenantDeletion } from './tenant.deletion';

/** Sweeps after tenants that were deleted: what was on its way to them when they went. */
@Injectable()
export class TenantUpkeep extends Upkeep {
  protected readonly everyMs = 60_000;

  constructor(private readonly deletion: TenantDeletion) {
    super();
  }

  protected async run(): Promise<void> {
    const swept = await this.deletion.sweep();
    if (swept > 0) this.logger.log(`took away ${swept} rows that came for tenants after their deletion`);
  }
}
