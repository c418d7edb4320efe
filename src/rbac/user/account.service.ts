import { AccessLease, missingPermissions, permissionsOfRole, type Principal } from '@mira/access';
import { type Problem, problems } from '@mira/problem';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { TenantDatabase } from '../../database/tenant.database';
import { PasswordHasher } from '../password.hasher';
import { SessionService } from '../session/session.service';
import { SignInBrake } from '../session/sign-in.brake';
import type { User } from '../user.entity';
import type { ChangePasswordDto, UpdateMeDto } from './user.dto';
import { UserRepository } from './user.repository';
import { clashIn } from './user.rules';

/** What people do with their own account, whatever their role. */
@Injectable()
export class AccountService {
  constructor(
    private readonly database: TenantDatabase,
    private readonly users: UserRepository,
    private readonly passwords: PasswordHasher,
    private readonly sessions: SessionService,
    private readonly brake: SignInBrake,
    private readonly lease: AccessLease,
  ) {}

  /** @throws Problem `forbidden` where no person of the tenant stands behind the credential */
  async me(who: Principal): Promise<User> {
    const { tenantId } = who;
    const id = personIn(who);
    return this.database.transaction(tenantId, async (manager) =>
      foundMe(await this.users.find(manager, tenantId, id)),
    );
  }

  /** A key that was given away with less than its owner may do is not the one to rename them. */
  async update(who: Principal, { username, email }: UpdateMeDto): Promise<User> {
    const id = personIn(who);
    if (missingPermissions(who, [...permissionsOfRole(who.role)]).length > 0) throw narrowedKey();
    return this.write(who.tenantId, async (manager) => {
      const user = foundMe(await this.users.lock(manager, who.tenantId, id));
      user.username = username ?? user.username;
      user.email = email === undefined ? user.email : email;
      return this.users.save(manager, user);
    });
  }

  /**
   * Ends every session but the one that asks: whoever else knew the old password is out.
   *
   * @throws Problem `forbidden` to an API key, and where the old password is wrong
   */
  async changePassword(who: Principal, { old_password, new_password }: ChangePasswordDto): Promise<void> {
    if (who.apiKeyId !== null) throw keysChangeNoPassword();
    const me = await this.me(who);
    const known = me.passwordHash;
    if (known === null || !(await this.isRight(me, old_password, known))) throw wrongPassword();
    const next = await this.passwords.hash(new_password);
    await this.write(who.tenantId, async (manager) => {
      const user = foundMe(await this.users.lock(manager, who.tenantId, personIn(who)));
      // Somebody else changed it since it was looked at: the one that was proved is the old one no more.
      if (user.passwordHash !== known) throw wrongPassword();
      user.passwordHash = next;
      await this.users.save(manager, user);
      await this.sessions.endAllWithin(manager, user.tenantId, user.id, who.sessionId ?? null);
    });
    await this.lease.passed();
  }

  /**
   * Counted and slowed down as signing in is, or a stolen session would be a place to guess at the password. Not for an
   * address but for the account itself: whoever has the session may have it at many addresses.
   *
   * @throws Problem `rate-limit-exceeded` after too many wrong ones
   */
  private async isRight({ id, username }: User, password: string, hash: string): Promise<boolean> {
    const attempt = { username, address: `the account ${id} itself` };
    const wait = await this.brake.enter(attempt);
    if (wait > 0) throw problems.rateLimitExceeded(wait);
    let right: boolean;
    try {
      right = await this.passwords.verify(password, hash);
    } catch (error) {
      await this.brake.withdrawn(attempt);
      throw error;
    }
    if (right) await this.brake.succeeded(attempt);
    return right;
  }

  /** Each change of one's own account is one transaction here: what is to be audited is written in it, after `work`. */
  private async write<T>(tenantId: string, work: (manager: EntityManager) => Promise<T>): Promise<T> {
    try {
      return await this.database.transaction(tenantId, work);
    } catch (error) {
      throw clashIn(error) ?? error;
    }
  }
}

function personIn({ userId }: Principal): string {
  if (userId === null) throw nobody();
  return userId;
}

/** An admin at work in another tenant is nobody there. */
function foundMe(user: User | null): User {
  if (!user) throw nobody();
  return user;
}

function nobody(): Problem {
  return problems.forbidden('No person of this tenant stands behind the credential.');
}

function narrowedKey(): Problem {
  return problems.forbidden('This API key may do less than its owner, and so it cannot change who they are.');
}

function keysChangeNoPassword(): Problem {
  return problems.forbidden('An API key cannot change a password; sign in with the old one.');
}

function wrongPassword(): Problem {
  return problems.forbidden('The old password is not right.');
}
