import { type Crossing, CrossingLog } from '@mira/access';
import { Injectable, Logger } from '@nestjs/common';

/** One line in the log for each crossing. */
@Injectable()
export class CrossingLogger extends CrossingLog {
  private readonly logger = new Logger('TenantCrossing');

  async record({ userId, apiKeyId, fromTenantId, toTenantId, route, requestId }: Crossing): Promise<void> {
    this.logger.log({
      msg: 'an admin acts in another tenant',
      user_id: userId,
      api_key_id: apiKeyId,
      from_tenant_id: fromTenantId,
      to_tenant_id: toTenantId,
      route,
      request_id: requestId,
    });
  }
}
