import { isRole, permissionsOfRole } from '@mira/access';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { withinAnswerTime } from '../../database/answer-time';
import type { AccessClaims } from '../session/access-token';
import { AllowedNetworks } from './allowed-networks';
import { effectivePermissions } from './effective-permissions';
import type { CredentialFacts } from './principal.cache';

interface KeyRow {
  tenant_id: string;
  user_id: string;
  id: string;
  role: string;
  permissions: string[] | null;
  allowed_networks: string[] | null;
  ends_at: Date | null;
}

/**
 * Asks the database whose a credential is, at this moment. As Mira's own login, since it is the credential that
 * names the tenant.
 */
@Injectable()
export class PrincipalDirectory {
  constructor(private readonly dataSource: DataSource) {}

  /** Null for a key that is unknown, revoked, expired or rotated away, or whose owner or tenant is not active. */
  async ofApiKey(keyHash: Buffer): Promise<CredentialFacts | null> {
    const [row]: KeyRow[] = await withinAnswerTime(
      this.dataSource.query(
        `SELECT k.tenant_id, k.user_id, k.id, k.permissions, k.allowed_networks, u.role,
           CASE WHEN k.key_hash = $1 THEN k.expires_at ELSE least(k.expires_at, k.previous_expires_at) END AS ends_at
         FROM api_keys k
         JOIN users u ON u.tenant_id = k.tenant_id AND u.id = k.user_id AND u.active
         JOIN tenants t ON t.id = k.tenant_id AND t.active
         WHERE (k.key_hash = $1 OR (k.previous_key_hash = $1 AND k.previous_expires_at > now()))
           AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > now())`,
        [keyHash],
      ),
    );
    if (!row || !isRole(row.role)) return null;
    return {
      principal: {
        tenantId: row.tenant_id,
        userId: row.user_id,
        apiKeyId: row.id,
        role: row.role,
        permissions: effectivePermissions(row.role, row.permissions),
      },
      endsAtMs: row.ends_at?.getTime() ?? Infinity,
      networks: row.allowed_networks && new AllowedNetworks(row.allowed_networks),
    };
  }

  /** Null where the session was ended, or its user or tenant is not active any more. */
  async ofSession({ tenantId, userId, sessionId, expiresAtMs }: AccessClaims): Promise<CredentialFacts | null> {
    const [row]: { role: string }[] = await withinAnswerTime(
      this.dataSource.query(
        `SELECT u.role FROM sessions s
         JOIN users u ON u.tenant_id = s.tenant_id AND u.id = s.user_id AND u.active
         JOIN tenants t ON t.id = s.tenant_id AND t.active
         WHERE s.tenant_id = $1 AND s.id = $2 AND s.user_id = $3 AND s.ended_at IS NULL`,
        [tenantId, sessionId, userId],
      ),
    );
    if (!row || !isRole(row.role)) return null;
    const permissions = permissionsOfRole(row.role);
    return {
      principal: { tenantId, userId, apiKeyId: null, role: row.role, permissions, sessionId },
      endsAtMs: expiresAtMs,
      networks: null,
    };
  }
}
