import type { Origin } from '@mira/access';
import { actsOn, AuditTrail } from '@mira/audit';
import { BenchmarkRegistry } from '@mira/benchmark';
import { problems } from '@mira/problem';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { TenantDatabase } from '../../database/tenant.database';
import { PasswordHasher } from '../password.hasher';
import type { ProvenUser } from './proven-user';
import { SignInBrake } from './sign-in.brake';

/** Who is turned away is an error. */
const SIGN_IN = 'sign_in';

/** What somebody signs in with, and where they come from. */
export interface SignInAttempt {
  readonly username: string;
  readonly password: string;
  /** Whom the request's address stands for. */
  readonly address: string;
  readonly origin: Origin;
}

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
    private readonly trail: AuditTrail,
    private readonly benchmarks: BenchmarkRegistry,
  ) {}

  /** @throws Problem where they do not go together, or too many were tried */
  prove(attempt: SignInAttempt): Promise<ProvenUser> {
    return this.benchmarks.measure(SIGN_IN, () => this.tried(attempt));
  }

  private async tried({ username: given, password, address, origin }: SignInAttempt): Promise<ProvenUser> {
    // As names are stored.
    const username = given.normalize('NFKC');
    const attempt = { username, address };
    const wait = await this.brake.enter(attempt);
    if (wait > 0) throw problems.rateLimitExceeded(wait);
    let user: ProvenUser | null;
    try {
      user = await this.userWith(username, password, origin);
    } catch (error) {
      await this.brake.withdrawn(attempt);
      throw error;
    }
    if (!user) throw problems.unauthorized('The username or the password is wrong.');
    await this.brake.succeeded(attempt);
    return user;
  }

  private async userWith(username: string, password: string, origin: Origin): Promise<ProvenUser | null> {
    const user = await this.find(username);
    const hash = user?.active ? user.password_hash : null;
    // Also where nobody is: it takes the same time.
    const right = await this.passwords.verify(password, hash);
    if (!user || hash === null || !right) {
      if (user) this.noteFailure(user, origin);
      return null;
    }
    const passwordHash = this.passwords.isOutdated(hash) ? await this.replaceHash(user, hash, password) : hash;
    return { tenantId: user.tenant_id, id: user.id, passwordHash };
  }

  /** Not waited for, or the time would tell whether there is such a user. A name that is nobody's has no trail. */
  private noteFailure({ tenant_id: tenantId, id }: UserRow, origin: Origin): void {
    const who = { tenantId, userId: null, apiKeyId: null, origin };
    this.trail.note(who, actsOn('user').did('sign_in_failed', id, { outcome: 'denied' }));
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
