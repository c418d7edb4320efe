import {
  type AccessCheck,
  type AccessQuestion,
  type AccessVerdict,
  isRole,
  type Permission,
  permissionsOfRole,
  type Principal,
  type Role,
} from '@mira/access';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

interface UserRow {
  tenant_id: string;
  role: string;
  active: boolean;
}

/**
 * Says whether somebody may do something, and what that rests on: the role, the narrowing of a key, the tenant, and
 * whatever else has registered, such as plans and quotas.
 */
@Injectable()
export class AccessService {
  private readonly checks: AccessCheck[] = [];

  constructor(private readonly dataSource: DataSource) {}

  /** Adds what else may stand in the way. Asked in the order of registration, after the role. */
  register(check: AccessCheck): void {
    this.checks.push(check);
  }

  /** For any user, as of this moment. An admin may act in any tenant, everybody else in their own. */
  async checkPermission(userId: string, permission: Permission, tenantId: string): Promise<AccessVerdict> {
    const user = await this.find(userId);
    if (!user || !isRole(user.role)) return byTenant('There is no such user in this tenant.');
    if (!user.active) return byTenant('The account or its tenant is not active.');
    if (user.tenant_id !== tenantId && user.role !== 'admin') return byTenant('There is no such user in this tenant.');
    return this.byRole(user.role, { tenantId, userId, permission });
  }

  /** For whoever makes this request, with the key that it was made with. */
  async explain(who: Principal, permission: Permission): Promise<AccessVerdict> {
    const { tenantId, userId, role } = who;
    if (permissionsOfRole(role).has(permission) && !who.permissions.has(permission)) {
      return { allowed: false, by: 'key', reason: `The API key was not given ${permission}.` };
    }
    return this.byRole(role, { tenantId, userId, permission });
  }

  private async byRole(role: Role, question: AccessQuestion): Promise<AccessVerdict> {
    const { permission } = question;
    if (!permissionsOfRole(role).has(permission)) {
      return { allowed: false, by: 'role', reason: `The role ${role} does not have ${permission}.` };
    }
    for (const check of this.checks) {
      const objection = await check.objection(question);
      if (objection) return objection;
    }
    return { allowed: true, by: 'role', reason: `The role ${role} has ${permission}.` };
  }

  /** As Mira's own login: an admin may be asked about for a tenant that is not theirs. */
  private async find(userId: string): Promise<UserRow | null> {
    const [row]: UserRow[] = await this.dataSource.query(
      `SELECT u.tenant_id, u.role, u.active AND t.active AS active
       FROM users u JOIN tenants t ON t.id = u.tenant_id WHERE u.id = $1`,
      [userId],
    );
    return row ?? null;
  }
}

function byTenant(reason: string): AccessVerdict {
  return { allowed: false, by: 'tenant', reason };
}
