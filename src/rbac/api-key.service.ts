import { isPermission, isRole, type Permission, permissionsOfRole, type Principal, type Role } from '@mira/access';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { newId } from '../database/new-id';
import { ApiKey } from './api-key.entity';
import { generateApiKey, hashApiKey, isApiKeyShape } from './api-key.format';

interface KeyRow {
  tenant_id: string;
  user_id: string;
  id: string;
  role: string;
  permissions: string[] | null;
}

/** Makes API keys and tells whose a presented one is. */
@Injectable()
export class ApiKeyService {
  constructor(private readonly dataSource: DataSource) {}

  /** Adds a key within the caller's transaction and returns it in the clear: the only time it can be seen. */
  async create(manager: EntityManager, owner: { tenantId: string; userId: string }, name: string): Promise<string> {
    const key = generateApiKey();
    await manager.insert(ApiKey, {
      tenantId: owner.tenantId,
      id: newId(),
      userId: owner.userId,
      name,
      keyHash: hashApiKey(key),
      permissions: null,
    });
    return key;
  }

  /**
   * Whose key this is, as of this moment; null for one that is unknown, revoked or expired, or whose owner or
   * tenant is not active. Asks as Mira's own login, since the key is what names the tenant.
   */
  async authenticate(key: string): Promise<Principal | null> {
    if (!isApiKeyShape(key)) return null;
    const [row]: KeyRow[] = await this.dataSource.query(
      `SELECT k.tenant_id, k.user_id, k.id, k.permissions, u.role
       FROM api_keys k
       JOIN users u ON u.tenant_id = k.tenant_id AND u.id = k.user_id AND u.active
       JOIN tenants t ON t.id = k.tenant_id AND t.active
       WHERE k.key_hash = $1 AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > now())`,
      [hashApiKey(key)],
    );
    if (!row || !isRole(row.role)) return null;
    return {
      tenantId: row.tenant_id,
      userId: row.user_id,
      apiKeyId: row.id,
      role: row.role,
      permissions: effectivePermissions(row.role, row.permissions),
    };
  }
}

/** What the key was given and its owner still has. */
function effectivePermissions(role: Role, given: readonly string[] | null): ReadonlySet<Permission> {
  const ofRole = permissionsOfRole(role);
  if (given === null) return ofRole;
  return new Set(given.filter(isPermission).filter((permission) => ofRole.has(permission)));
}
