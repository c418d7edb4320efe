import { ALL_PERMISSIONS, type Permission, type Principal } from '@mira/access';
import { problems } from '@mira/problem';
import { Injectable } from '@nestjs/common';
import { TenantDatabase } from '../../database/tenant.database';
import { Tenant } from '../../tenant/tenant.entity';
import { type Account, SessionRepository } from './session.repository';

export interface Identity {
  readonly account: Account;
  readonly tenant: Tenant;
  /** In the order of the registry. */
  readonly permissions: readonly Permission[];
}

/** Tells a caller who they are. */
@Injectable()
export class IdentityService {
  constructor(
    private readonly database: TenantDatabase,
    private readonly sessions: SessionRepository,
  ) {}

  async of({ tenantId, homeTenantId = tenantId, userId, permissions }: Principal): Promise<Identity> {
    if (userId === null) throw problems.notFound('Nobody stands behind this credential.');
    const account = await this.database.transaction(homeTenantId, (manager) =>
      this.sessions.account(manager, homeTenantId, userId),
    );
    const tenant = await this.database.transaction(tenantId, (manager) => manager.findOneBy(Tenant, { id: tenantId }));
    if (!account || !tenant) throw problems.unauthorized('The account is gone.');
    return { account, tenant, permissions: ALL_PERMISSIONS.filter((permission) => permissions.has(permission)) };
  }
}
