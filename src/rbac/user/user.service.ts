import { AccessLease, type Principal } from '@mira/access';
import { actsOn, AuditTrail } from '@mira/audit';
import { decodeCursor, type Page, type PageQuery, toPage } from '@mira/page';
import { problems } from '@mira/problem';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { MiraConfig } from '../../config/mira.config';
import { newId } from '../../database/new-id';
import { TenantDatabase } from '../../database/tenant.database';
import { LimitService } from '../../enterprise/plan/limit.service';
import { UsageService } from '../../enterprise/usage/usage.service';
import { PasswordHasher } from '../password.hasher';
import { SessionService } from '../session/session.service';
import { User } from '../user.entity';
import type { CreateUserDto, UpdateUserDto } from './user.dto';
import { UserRepository } from './user.repository';
import { userView } from './user-view.dto';
import { clashIn, foundUser, isActiveAdmin, lastAdmin, oneUserOnly, refuseAbove } from './user.rules';

const acts = actsOn('user');

/** The people of a tenant: adds them, changes what they may do, takes them away. */
@Injectable()
export class UserService {
  constructor(
    private readonly database: TenantDatabase,
    private readonly users: UserRepository,
    private readonly passwords: PasswordHasher,
    private readonly sessions: SessionService,
    private readonly config: MiraConfig,
    private readonly lease: AccessLease,
    private readonly limits: LimitService,
    private readonly usage: UsageService,
    private readonly trail: AuditTrail,
  ) {}

  async list(tenantId: string, { limit, cursor }: PageQuery): Promise<Page<User>> {
    const before = decodeCursor(cursor);
    const rows = await this.database.transaction(tenantId, (manager) =>
      this.users.list(manager, tenantId, limit + 1, before),
    );
    return toPage(rows, limit, ({ id }) => id);
  }

  async get(tenantId: string, id: string): Promise<User> {
    return this.database.transaction(tenantId, async (manager) =>
      foundUser(await this.users.find(manager, tenantId, id)),
    );
  }

  /**
   * @throws Problem `forbidden` for a role above one's own; `conflict` where a name is taken, in whatever tenant;
   *   `limit-reached` where the plan has no room for one more
   */
  async add(who: Principal, { username, email = null, role = 'viewer', password, active = true }: CreateUserDto) {
    refuseAbove(who, role);
    if (!this.config.rbac.enabled) throw oneUserOnly();
    const { tenantId } = who;
    const passwordHash = await this.hashOf(password ?? null);
    const row = { tenantId, id: newId(), username, email, role, passwordHash, active };
    return this.write(tenantId, async (manager) => {
      await this.limits.reserve(manager, tenantId, 'max_users');
      const user = await this.users.save(manager, Object.assign(new User(), row));
      await this.usage.count(manager, tenantId, 'users_created');
      await this.trail.record(manager, who, acts.created(userView(user)));
      return user;
    });
  }

  /** @throws Problem `forbidden` for somebody above oneself; `conflict` where the tenant would be without an admin */
  async update(who: Principal, id: string, changes: UpdateUserDto): Promise<User> {
    const { username, email, role, password, active } = changes;
    if (password !== undefined && id === who.userId) throw ownPassword();
    const passwordHash = password === undefined ? undefined : await this.hashOf(password);
    const changed = await this.write(who.tenantId, async (manager) => {
      const { user, hasOtherAdmin } = await this.lockFor(who, manager, id);
      const [before, wasActiveAdmin] = [userView(user), isActiveAdmin(user)];
      if (role !== undefined) refuseAbove(who, role);
      user.username = username ?? user.username;
      user.email = email === undefined ? user.email : email;
      user.role = role ?? user.role;
      user.active = active ?? user.active;
      user.passwordHash = passwordHash === undefined ? user.passwordHash : passwordHash;
      if (wasActiveAdmin && !isActiveAdmin(user) && !hasOtherAdmin) throw lastAdmin();
      if (password !== undefined || !user.active) await this.sessions.endAllWithin(manager, user.tenantId, user.id);
      const saved = await this.users.save(manager, user);
      const after = Object.assign(userView(saved), password === undefined ? {} : { password_changed: true });
      await this.trail.record(manager, who, acts.updated(before, after));
      return saved;
    });
    if (role !== undefined || active !== undefined || password !== undefined) await this.lease.passed();
    return changed;
  }

  /** @throws Problem `forbidden` for somebody above oneself; `conflict` for the last active admin */
  async delete(who: Principal, id: string): Promise<void> {
    await this.write(who.tenantId, async (manager) => {
      const { user, hasOtherAdmin } = await this.lockFor(who, manager, id);
      if (isActiveAdmin(user) && !hasOtherAdmin) throw lastAdmin();
      await this.users.delete(manager, user);
      await this.trail.record(manager, who, acts.deleted(userView(user)));
    });
    await this.lease.passed();
  }

  private async lockFor(
    who: Principal,
    manager: EntityManager,
    id: string,
  ): Promise<{ user: User; hasOtherAdmin: boolean }> {
    const { user, hasOtherAdmin } = await this.users.lockAmongAdmins(manager, who.tenantId, id);
    refuseAbove(who, foundUser(user).role);
    return { user: foundUser(user), hasOtherAdmin };
  }

  private async hashOf(password: string | null): Promise<string | null> {
    return password === null ? null : this.passwords.hash(password);
  }

  private async write<T>(tenantId: string, work: (manager: EntityManager) => Promise<T>): Promise<T> {
    try {
      return await this.database.transaction(tenantId, work);
    } catch (error) {
      throw clashIn(error) ?? error;
    }
  }
}

function ownPassword() {
  return problems.forbidden("One's own password is changed at users/me/password, with the old one.");
}
