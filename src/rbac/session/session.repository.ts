import type { Role } from '@mira/access';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { newId } from '../../database/new-id';
import type { ProvenUser } from './proven-user';
import type { PresentedRefreshToken } from './refresh.decision';

/** How long a refresh token is good; each one that follows begins anew. */
const REFRESH_TOKEN_LIFE = '30 days';

export interface SessionPlace {
  readonly tenantId: string;
  readonly sessionId: string;
}

export interface LockedRefreshToken extends PresentedRefreshToken {
  readonly userId: string;
  readonly now: Date;
}

interface TokenRow {
  user_id: string;
  expires_at: Date;
  used_at: Date | null;
  ended_at: Date | null;
  active: boolean;
  now: Date;
}

/** Whoever signed in, as an answer shows them. */
export interface Account {
  readonly tenantId: string;
  readonly id: string;
  readonly username: string;
  readonly email: string | null;
  readonly role: Role;
}

/** Asks the database for sessions and refresh tokens, inside the caller's tenant-scoped transaction. */
@Injectable()
export class SessionRepository {
  constructor(private readonly dataSource: DataSource) {}

  /** Where a refresh token belongs. As Mira's own login: the token is what names the tenant. */
  async placeOf(tokenHash: Buffer): Promise<SessionPlace | null> {
    const [row]: SessionPlace[] = await this.dataSource.query(
      'SELECT tenant_id AS "tenantId", session_id AS "sessionId" FROM refresh_tokens WHERE token_hash = $1',
      [tokenHash],
    );
    return row ?? null;
  }

  /** True while the password is still the one that was proved; it cannot be changed then before the transaction ends. */
  async holdProven(manager: EntityManager, { tenantId, id, passwordHash }: ProvenUser): Promise<boolean> {
    const rows: unknown[] = await manager.query(
      'SELECT FROM users WHERE tenant_id = $1 AND id = $2 AND password_hash = $3 AND active FOR SHARE',
      [tenantId, id, passwordHash],
    );
    return rows.length > 0;
  }

  async create(manager: EntityManager, tenantId: string, userId: string): Promise<string> {
    const id = newId();
    await manager.query(
      `INSERT INTO sessions (tenant_id, id, user_id, expires_at)
       VALUES ($1, $2, $3, now() + interval '${REFRESH_TOKEN_LIFE}')`,
      [tenantId, id, userId],
    );
    return id;
  }

  /** Adds a refresh token; the session lives as long as its last one. */
  async addToken(manager: EntityManager, { tenantId, sessionId }: SessionPlace, tokenHash: Buffer): Promise<void> {
    await manager.query(
      `INSERT INTO refresh_tokens (tenant_id, id, session_id, token_hash, expires_at)
       VALUES ($1, $2, $3, $4, now() + interval '${REFRESH_TOKEN_LIFE}')`,
      [tenantId, newId(), sessionId, tokenHash],
    );
    await manager.query(
      `UPDATE sessions SET expires_at = now() + interval '${REFRESH_TOKEN_LIFE}' WHERE tenant_id = $1 AND id = $2`,
      [tenantId, sessionId],
    );
  }

  /** Locks the whole session, so that two who present its tokens take turns, and reads the token after that. */
  async lockToken(
    manager: EntityManager,
    { tenantId, sessionId }: SessionPlace,
    tokenHash: Buffer,
  ): Promise<LockedRefreshToken | null> {
    await manager.query('SELECT FROM sessions WHERE tenant_id = $1 AND id = $2 FOR UPDATE', [tenantId, sessionId]);
    const [row]: TokenRow[] = await manager.query(
      `SELECT s.user_id, r.expires_at, r.used_at, s.ended_at, u.active AND t.active AS active, clock_timestamp() AS now
       FROM refresh_tokens r
       JOIN sessions s ON s.tenant_id = r.tenant_id AND s.id = r.session_id
       JOIN users u ON u.tenant_id = s.tenant_id AND u.id = s.user_id
       JOIN tenants t ON t.id = s.tenant_id
       WHERE r.tenant_id = $1 AND r.token_hash = $2`,
      [tenantId, tokenHash],
    );
    if (!row) return null;
    const { user_id: userId, expires_at: expiresAt, used_at: usedAt, ended_at: sessionEndedAt, active, now } = row;
    return { userId, expiresAt, usedAt, sessionEndedAt, active, now };
  }

  async markUsed(manager: EntityManager, tenantId: string, tokenHash: Buffer, at: Date): Promise<void> {
    await manager.query('UPDATE refresh_tokens SET used_at = $3 WHERE tenant_id = $1 AND token_hash = $2', [
      tenantId,
      tokenHash,
      at,
    ]);
  }

  async end(manager: EntityManager, { tenantId, sessionId }: SessionPlace): Promise<void> {
    await manager.query('UPDATE sessions SET ended_at = now() WHERE tenant_id = $1 AND id = $2 AND ended_at IS NULL', [
      tenantId,
      sessionId,
    ]);
  }

  /** All of a user but one, or all. */
  async endAll(manager: EntityManager, tenantId: string, userId: string, except: string | null): Promise<void> {
    await manager.query(
      `UPDATE sessions SET ended_at = now()
       WHERE tenant_id = $1 AND user_id = $2 AND ended_at IS NULL AND ($3::uuid IS NULL OR id <> $3)`,
      [tenantId, userId, except],
    );
  }

  async account(manager: EntityManager, tenantId: string, userId: string): Promise<Account | null> {
    const [row]: Account[] = await manager.query(
      'SELECT tenant_id AS "tenantId", id, username, email, role FROM users WHERE tenant_id = $1 AND id = $2',
      [tenantId, userId],
    );
    return row ?? null;
  }

  /** Takes away what can be used no more. A used token is kept while it could show that it was stolen. */
  async forgetExpired(): Promise<void> {
    await this.dataSource.query(`DELETE FROM sessions WHERE expires_at < now() OR ended_at < now() - interval '1 day'`);
    await this.dataSource.query('DELETE FROM refresh_tokens WHERE expires_at < now()');
  }
}
