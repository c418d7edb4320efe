import { problems } from '@mira/problem';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { TenantDatabase } from '../../database/tenant.database';
import { PasswordHasher } from '../password.hasher';
import type { ProvenUser } from './proven-user';
import { SignInBrake } from './sign-in.brake';

interface UserRow {
  tenant_id: string;
  id: string;
  password_hash: string | null;
  active: boolean;
}

/**
 * Finds out whether a name and a password go together. Every "no" is the same, in its words and in the work done for
 * it: unknown name, wrong password, no password at all, an account or tenant that is not active.
 */
@Injectable()
export class SignInService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly database: TenantDatabase,
    private readonly passwords: PasswordHasher,
    private readonly brake: SignInBrake,
  ) {}

  /** @param address whom the request's address stands for */
  async prove(given: string, password: string, address: string): Promise<ProvenUser> {
    // As names are stored.
    const username = given.normalize('NFKC');
    const attempt = { username, address };
    const wait = await this.brake.enter(attempt);
    if (wait > 0) throw problems.rateLimitExceeded(wait);
    let user: ProvenUser | null;
    try {
      user = await this.userWith(username, password);
    } catch (error) {
      await this.brake.withdrawn(attempt);
      throw error;
    }
    if (!user) throw problems.unauthorized('The username or the password is wrong.');
    await this.brake.succeeded(attempt);
    return user;
  }

  private async userWith(username: string, password: string): Promise<ProvenUser | null> {
    const user = await this.find(username);
    const hash = user?.active ? user.password_hash : null;
    // Also where nobody is: it takes the same time.
    const right = await this.passwords.verify(password, hash);
    if (!user || hash === null || !right) return null;
    const passwordHash = this.passwords.isOutdated(hash) ? await this.replaceHash(user, hash, password) : hash;
    return { tenantId: user.tenant_id, id: user.id, passwordHash };
  }

  /** As Mira's own login: usernames are unique among all tenants, and it is the user who names the tenant. */
  private async find(username: string): Promise<UserRow | null> {
    const [row]: UserRow[] = await this.dataSource.query(
      `SELECT u.tenant_id, u.id, u.password_hash, u.active AND t.active AS active
       FROM users u JOIN tenants t ON t.id = u.tenant_id WHERE lower(u.username) = lower($1)`,
      [username],
    );
    return row ?? null;
  }

  /** Unless the password was changed meanwhile. */
  private async replaceHash({ tenant_id: tenantId, id }: UserRow, outdated: string, password: string): Promise<string> {
    const hash = await this.passwords.hash(password);
    await this.database.transaction(tenantId, (manager) =>
      manager.query('UPDATE users SET password_hash = $4 WHERE tenant_id = $1 AND id = $2 AND password_hash = $3', [
        tenantId,
        id,
        outdated,
        hash,
      ]),
    );
    return hash;
  }
}
