import { type Crossing, CrossingLog } from '@mira/access';
import { AuditTrail } from '@mira/audit';
import { Injectable, Logger } from '@nestjs/common';
import { TenantDatabase } from '../../database/tenant.database';

/**
 * Each crossing in the trail of the tenant that is entered and in that of the admin's own, and as one line in the log.
 * In two transactions: one that held both trails could wait in a circle with another.
 */
@Injectable()
export class CrossingLogger extends CrossingLog {
  private readonly logger = new Logger('TenantCrossing');

  constructor(
    private readonly database: TenantDatabase,
    private readonly trail: AuditTrail,
  ) {
    super();
  }

  async record({ userId, apiKeyId, fromTenantId, toTenantId, route, origin }: Crossing): Promise<void> {
    for (const tenantId of [toTenantId, fromTenantId]) {
      const who = { tenantId, userId, apiKeyId, homeTenantId: fromTenantId, origin };
      await this.database.transaction(tenantId, (manager) =>
        this.trail.record(manager, who, {
          action: 'tenant.crossed',
          resourceType: 'tenant',
          resourceId: toTenantId,
          after: { route },
          crossing: true,
        }),
      );
    }
    this.logger.log({
      msg: 'an admin acts in another tenant',
      user_id: userId,
      api_key_id: apiKeyId,
      from_tenant_id: fromTenantId,
      to_tenant_id: toTenantId,
      route,
      request_id: origin.requestId,
    });
  }
}
