import type { Principal, Role } from '@mira/access';
import { PageQuery } from '@mira/page';
import type { Problem } from '@mira/problem';
import { MiraConfig } from '../../src/config/mira.config';
import { newId } from '../../src/database/new-id';
import { PasswordHasher } from '../../src/rbac/password.hasher';
import { User } from '../../src/rbac/user.entity';
import { AccountService } from '../../src/rbac/user/account.service';
import type { CreateUserDto } from '../../src/rbac/user/user.dto';
import { AccessTokens } from '../../src/rbac/session/access-token';
import { SessionRepository } from '../../src/rbac/session/session.repository';
import { SessionService } from '../../src/rbac/session/session.service';
import { SignInBrake } from '../../src/rbac/session/sign-in.brake';
import { UserRepository } from '../../src/rbac/user/user.repository';
import { UserService } from '../../src/rbac/user/user.service';
import { describeOnEachDatabase } from '../support/databases';
import { plansOn } from '../support/plans';
import { aPrincipal, CountingLease } from '../support/principals';
import { refusalOf } from '../support/refusals';

let names = 0;

function aUser(user: Partial<CreateUserDto> = {}): CreateUserDto {
  return { username: `somebody-${++names}`, ...user };
}

/** The status of each that was refused, and `done` for the others, sorted. */
async function outcomes(all: Promise<unknown>[]): Promise<string[]> {
  const settled = await Promise.allSettled(all);
  return settled
    .map((one) => (one.status === 'fulfilled' ? 'done' : String((one.reason as Problem).status)))
    .toSorted();
}

describeOnEachDatabase(
  'users',
  (database) => {
    const passwords = new PasswordHasher();
    let sut: UserService;
    let account: AccountService;
    let sessions: SessionService;
    let lease: CountingLease;
    let admin: Principal;
    let otherAdmin: Principal;

    beforeEach(async () => {
      lease = new CountingLease();
      const users = new UserRepository();
      const { limits, usage } = plansOn(database());
      const tokens = new AccessTokens([{ id: 'k', secret: Buffer.alloc(32, 1) }]);
      sessions = new SessionService(database().tenants, new SessionRepository(database().dataSource), tokens, lease);
      sut = new UserService(database().tenants, users, passwords, sessions, new MiraConfig(), lease, limits, usage);
      const brake = new SignInBrake(database().dataSource);
      account = new AccountService(database().tenants, users, passwords, sessions, brake, lease);
      [admin, otherAdmin] = [aPrincipal('admin'), aPrincipal('admin')];
      for (const { tenantId } of [admin, otherAdmin]) {
        await database().dataSource.query(`INSERT INTO tenants (id, name, tier) VALUES ($1, 'T', 'enterprise')`, [
          tenantId,
        ]);
      }
    });

    const add = (user: Partial<CreateUserDto> = {}, who = admin) => sut.add(who, aUser(user));
    const as = (role: Role, more: Partial<Principal> = {}) => aPrincipal(role, { tenantId: admin.tenantId, ...more });

    it('are added with the least role where none is given, and without a password where none is', async () => {
      const user = await add();
      expect(user).toMatchObject({ role: 'viewer', active: true, email: null, passwordHash: null });
      expect(await sut.get(admin.tenantId, user.id)).toEqual(user);
    });

    it('have a password that is stored as its hash', async () => {
      const { id } = await add({ password: 'correct horse' });
      const { passwordHash } = await sut.get(admin.tenantId, id);
      expect(passwordHash).toMatch(/^\$argon2id\$/);
      expect(await passwords.verify('correct horse', passwordHash ?? '')).toBe(true);
    });

    it('are nothing that another tenant could see, change or delete', async () => {
      const { id } = await add();
      for (const attempt of [
        sut.get(otherAdmin.tenantId, id),
        sut.update(otherAdmin, id, { role: 'user' }),
        sut.delete(otherAdmin, id),
      ]) {
        expect(await refusalOf(attempt)).toMatchObject({ status: 404, message: 'There is no such user.' });
      }
      expect((await sut.list(otherAdmin.tenantId, new PageQuery())).data).toEqual([]);
      expect((await sut.list(admin.tenantId, new PageQuery())).data).toMatchObject([{ id, role: 'viewer' }]);
    });

    it.each([
      ['username', { username: 'Taken' }, { username: 'tAKEN' }],
      ['email', { email: 'A@example.com' }, { email: 'a@EXAMPLE.com' }],
    ])('share no %s, whatever the case and the tenant', async (field, first, second) => {
      const { id } = await add(first);
      const { id: other } = await add({}, otherAdmin);
      for (const refused of [add(second), add(second, otherAdmin), sut.update(otherAdmin, other, second)]) {
        expect(await refusalOf(refused)).toMatchObject({ status: 409, members: { errors: [{ field }] } });
      }
      // One's own is no other's.
      expect(await sut.update(admin, id, second)).toMatchObject(second);
      await sut.delete(admin, id);
    });

    it('get a name once, however many ask for it at a time', async () => {
      const username = `wanted-${++names}`;
      const all = [admin, otherAdmin, admin, otherAdmin].map((who) => add({ username }, who));
      expect(await outcomes(all)).toEqual(['409', '409', '409', 'done']);
    });

    it('may all be without an e-mail address', async () => {
      expect(await outcomes([add({ email: null }), add({ email: null })])).toEqual(['done', 'done']);
    });

    it('give nobody a role above their own', async () => {
      const manager = as('manager');
      const { id } = await add({ role: 'user' });
      expect(await refusalOf(add({ role: 'admin' }, manager))).toMatchObject({ status: 403 });
      expect(await refusalOf(sut.update(manager, id, { role: 'admin' }))).toMatchObject({ status: 403 });
      expect(await sut.update(manager, id, { role: 'manager' })).toMatchObject({ role: 'manager' });
      expect(await add({ role: 'manager' }, manager)).toMatchObject({ role: 'manager' });
    });

    it('lay no hands on somebody above them', async () => {
      const manager = as('manager');
      const { id } = await add({ role: 'admin', password: 'correct horse' });
      await add({ role: 'admin' });
      const before = await sut.get(admin.tenantId, id);
      for (const attempt of [
        sut.update(manager, id, { username: 'another' }),
        sut.update(manager, id, { role: 'viewer' }),
        sut.update(manager, id, { active: false }),
        sut.update(manager, id, { password: 'battery staple' }),
        sut.update(manager, id, {}),
        sut.delete(manager, id),
      ]) {
        expect(await refusalOf(attempt)).toMatchObject({ status: 403 });
      }
      expect(await sut.get(admin.tenantId, id)).toEqual(before);
    });

    it('give no role above what their key was narrowed to', async () => {
      const narrowed = as('admin', { apiKeyId: newId(), permissions: new Set(['user:create', 'user:update']) });
      expect(await refusalOf(add({ role: 'viewer' }, narrowed))).toMatchObject({
        status: 403,
        members: { missing_permissions: expect.arrayContaining(['tenant:read']) },
      });
    });

    describe('of whom the last active admin', () => {
      it.each([
        ['deletes', (id: string) => sut.delete(admin, id)],
        ['demotes', (id: string) => sut.update(admin, id, { role: 'manager' })],
        ['deactivates', (id: string) => sut.update(admin, id, { active: false })],
      ])('stays, whoever %s them', async (_verb, takeAway) => {
        const { id } = await add({ role: 'admin' });
        // Neither an admin who cannot act nor one of another tenant is another one.
        await add({ role: 'admin', active: false });
        await add({ role: 'admin' }, otherAdmin);
        expect(await refusalOf(takeAway(id))).toMatchObject({ status: 409, message: expect.stringMatching(/last/) });
        expect(await sut.get(admin.tenantId, id)).toMatchObject({ role: 'admin', active: true });
        expect(lease.waits).toBe(0);

        await add({ role: 'admin' });
        await takeAway(id);
        expect(lease.waits).toBe(1);
      });

      it('stays, where each of several is taken away by somebody else at the same time', async () => {
        for (let round = 0; round < 5; round++) {
          const ids = await Promise.all([1, 2, 3].map(async () => (await add({ role: 'admin' })).id));
          const [a = '', b = '', c = ''] = round % 2 === 0 ? ids : ids.toReversed();
          const all = [
            sut.update(admin, a, { role: 'viewer' }),
            sut.update(admin, b, { active: false }),
            sut.delete(admin, c),
          ];
          expect(await outcomes(all)).toEqual(['409', 'done', 'done']);
          const { data } = await sut.list(admin.tenantId, new PageQuery());
          const left = data.filter(({ role, active }) => role === 'admin' && active);
          expect(left).toHaveLength(1);
          await database().dataSource.query('DELETE FROM users WHERE tenant_id = $1', [admin.tenantId]);
        }
      });

      it('may change all else about themselves', async () => {
        const { id } = await add({ role: 'admin' });
        expect(await sut.update(admin, id, { email: `e${++names}@example.com`, role: 'admin' })).toMatchObject({ id });
      });
    });

    it('take their API keys with them', async () => {
      const { id } = await add();
      const { dataSource } = database();
      await dataSource.query(
        `INSERT INTO api_keys (tenant_id, id, user_id, name, key_hash) VALUES ($1, $2, $3, 'k', sha256($4))`,
        [admin.tenantId, newId(), id, Buffer.from(id)],
      );
      await sut.delete(admin, id);
      expect(await dataSource.query('SELECT 1 FROM api_keys WHERE user_id = $1', [id])).toEqual([]);
    });

    it('are changed for good when the answer comes: what takes access away waits until nobody remembers it', async () => {
      const { id } = await add();
      await sut.update(admin, id, { email: null });
      expect(lease.waits).toBe(0);
      for (const changes of [{ role: 'user' }, { active: false }, { password: 'correct horse' }, { password: null }]) {
        await sut.update(admin, id, changes as { role?: Role });
      }
      expect(lease.waits).toBe(4);
      await sut.delete(admin, id);
      expect(lease.waits).toBe(5);
    });

    it('cannot be added to a tenant that is gone', async () => {
      expect(await refusalOf(add({}, aPrincipal('admin')))).toMatchObject({ status: 404 });
    });

    /** A session of somebody whose password was just proved, and a refresh token of it. */
    async function aSessionOf({ tenantId, id }: User) {
      const { passwordHash } = await sut.get(tenantId, id);
      return sessions.begin({ tenantId, id, passwordHash: passwordHash ?? '' });
    }
    const isOut = async (refreshToken: string) => (await refusalOf(sessions.refresh(refreshToken))).status === 401;

    it('are signed out when somebody sets or takes their password, or puts them out of use', async () => {
      for (const change of [{ password: 'quite another one' }, { password: null }, { active: false }]) {
        const user = await add({ password: 'the first of them' });
        const { refreshToken } = await aSessionOf(user);
        await sut.update(admin, user.id, { role: 'user' });
        const { refreshToken: next } = await sessions.refresh(refreshToken);
        await sut.update(admin, user.id, change);
        await sut.update(admin, user.id, { active: true });
        expect(await isOut(next)).toBe(true);
      }
    });

    it('are signed out everywhere else when they change their password', async () => {
      const user = await add({ password: 'the first of them' });
      const [here, elsewhere] = [await aSessionOf(user), await aSessionOf(user)];
      const [row] = await database().dataSource.query('SELECT id FROM sessions WHERE user_id = $1 ORDER BY id', [
        user.id,
      ]);
      const me = as('viewer', { userId: user.id, sessionId: row.id });
      await account.changePassword(me, { old_password: 'the first of them', new_password: 'the second of them' });
      expect(await isOut(elsewhere.refreshToken)).toBe(true);
      await sessions.refresh(here.refreshToken);
    });

    it('stay one alone where the configuration says so', async () => {
      const { limits, usage } = plansOn(database());
      const config = Object.assign(new MiraConfig(), { rbac: { enabled: false, tenant_isolation: true } });
      const alone = new UserService(
        database().tenants,
        new UserRepository(),
        passwords,
        sessions,
        config,
        lease,
        limits,
        usage,
      );
      expect(await refusalOf(alone.add(admin, aUser()))).toMatchObject({
        status: 409,
        message: expect.stringMatching(/rbac\.enabled/),
      });
    });

    describe('and their own account', () => {
      async function signedIn(user: Partial<CreateUserDto> = {}): Promise<Principal> {
        const { id } = await add({ password: 'correct horse', ...user });
        return as(user.role ?? 'viewer', { userId: id });
      }

      it('is theirs to see and to rename, whatever their role', async () => {
        const me = await signedIn();
        expect(await account.me(me)).toMatchObject({ id: me.userId });
        const [username, email] = [`renamed-${++names}`, `r${names}@example.com`];
        expect(await account.update(me, { username, email })).toMatchObject({ username, email, role: 'viewer' });
        expect(await account.update(me, { email: null })).toMatchObject({ username, email: null });
      });

      it('cannot take the name of another', async () => {
        const { username } = await add({}, otherAdmin);
        const refusal = await refusalOf(account.update(await signedIn(), { username: username.toUpperCase() }));
        expect(refusal).toMatchObject({ status: 409, members: { errors: [{ field: 'username' }] } });
      });

      it('is not renamed by a key that may do less than its owner', async () => {
        const me = await signedIn({ role: 'manager' });
        const key = { ...me, apiKeyId: newId() };
        const narrowed: Principal = { ...key, permissions: new Set(['webhook:receive']) };
        expect(await refusalOf(account.update(narrowed, { email: null }))).toMatchObject({ status: 403 });
        expect(await account.update(key, { email: null })).toMatchObject({ email: null });
      });

      it('is nobody’s where no person of the tenant stands behind the credential', async () => {
        const wanted = { old_password: 'correct horse', new_password: 'battery staple' };
        for (const who of [as('admin', { userId: null }), as('admin', { userId: newId() })]) {
          expect(await refusalOf(account.me(who))).toMatchObject({ status: 403 });
          expect(await refusalOf(account.update(who, { email: null }))).toMatchObject({ status: 403 });
          expect(await refusalOf(account.changePassword(who, wanted))).toMatchObject({ status: 403 });
        }
      });

      it('has a password that changes for those who know the old one', async () => {
        const me = await signedIn();
        const wrong = { old_password: 'incorrect horse', new_password: 'battery staple' };
        expect(await refusalOf(account.changePassword(me, wrong))).toMatchObject({
          status: 403,
          message: expect.stringMatching(/old password/),
        });
        expect(lease.waits).toBe(0);
        await account.changePassword(me, { ...wrong, old_password: 'correct horse' });
        expect(lease.waits).toBe(1);
        const { passwordHash } = await account.me(me);
        expect(await passwords.verify('battery staple', passwordHash ?? '')).toBe(true);
      });

      it('has no old password to be guessed with a stolen session, any more than by signing in', async () => {
        const me = await signedIn();
        const guess = (old_password: string) =>
          refusalOf(account.changePassword(me, { old_password, new_password: 'battery staple' }));
        for (let i = 0; i < 5; i++) expect(await guess(`wrong ${i}`)).toMatchObject({ status: 403 });
        expect(await guess('correct horse')).toMatchObject({ status: 429 });
      });

      it('has its password changed once where two who know the old one come at the same time', async () => {
        const me = await signedIn();
        const change = (new_password: string) =>
          account.changePassword(me, { old_password: 'correct horse', new_password });
        expect(await outcomes([change('battery staple'), change('staple battery')])).toEqual(['403', 'done']);
      });

      it('has no password to change where there is none, and none that a key could change', async () => {
        const without = await signedIn({ password: null });
        const wanted = { old_password: '', new_password: 'battery staple' };
        expect(await refusalOf(account.changePassword(without, wanted))).toMatchObject({ status: 403 });
        const byKey = { ...(await signedIn()), apiKeyId: newId() };
        expect(
          await refusalOf(account.changePassword(byKey, { ...wanted, old_password: 'correct horse' })),
        ).toMatchObject({
          status: 403,
          message: expect.stringMatching(/API key/),
        });
      });

      it('is the only place where one sets one’s own password', async () => {
        const me = await signedIn({ role: 'admin' });
        const refusal = await refusalOf(sut.update(me, me.userId ?? '', { password: 'battery staple' }));
        expect(refusal).toMatchObject({ status: 403, message: expect.stringMatching(/users\/me\/password/) });
      });
    });
  },
  [User],
);
