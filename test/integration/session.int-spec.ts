import { AccessLease } from '@mira/access';
import { newId } from '../../src/database/new-id';
import { AccessTokens } from '../../src/rbac/session/access-token';
import type { ProvenUser } from '../../src/rbac/session/proven-user';
import { SessionRepository } from '../../src/rbac/session/session.repository';
import { SessionService } from '../../src/rbac/session/session.service';
import { SignInBrake } from '../../src/rbac/session/sign-in.brake';
import { describeOnEachDatabase } from '../support/databases';
import { refusalOf } from '../support/refusals';

class CountingLease extends AccessLease {
  waits = 0;
  async passed(): Promise<void> {
    this.waits++;
  }
}

describeOnEachDatabase('sessions', (database) => {
  const tenantId = newId();
  let lease: CountingLease;
  let sut: SessionService;
  let repository: SessionRepository;

  beforeAll(async () => {
    await database().dataSource.query(`INSERT INTO tenants (id, name, tier) VALUES ($1, 'A', 'basic')`, [tenantId]);
  });
  beforeEach(() => {
    lease = new CountingLease();
    repository = new SessionRepository(database().dataSource);
    const tokens = new AccessTokens([{ id: 'k', secret: Buffer.alloc(32, 1) }]);
    sut = new SessionService(database().tenants, repository, tokens, lease);
  });

  async function aUser(): Promise<ProvenUser> {
    const user = { tenantId, id: newId(), passwordHash: 'the hash that was proved' };
    await database().dataSource.query(
      `INSERT INTO users (tenant_id, id, username, role, password_hash) VALUES ($1, $2, $3, 'user', $4)`,
      [tenantId, user.id, `user-${user.id}`, user.passwordHash],
    );
    return user;
  }

  const sql = (text: string, values: unknown[] = []) => database().dataSource.query(text, values);
  const age = (seconds: number) => sql(`UPDATE refresh_tokens SET used_at = used_at - interval '${seconds} s'`);

  it('end but once when many present one stolen token at the same time', async () => {
    const user = await aUser();
    const { refreshToken } = await sut.begin(user);
    await sut.refresh(refreshToken);
    await age(60);
    const outcomes = await Promise.all(Array.from({ length: 6 }, () => refusalOf(sut.refresh(refreshToken))));
    expect(outcomes.map(({ status }) => status)).toEqual(Array(6).fill(401));
    expect(lease.waits).toBe(1);
    const rows: unknown[] = await sql('SELECT FROM sessions WHERE user_id = $1 AND ended_at IS NULL', [user.id]);
    expect(rows).toHaveLength(0);
  });

  it('let no rotation and no theft slip past each other', async () => {
    const { refreshToken: first } = await sut.begin(await aUser());
    const { refreshToken: second } = await sut.refresh(first);
    await age(60);
    const both = await Promise.allSettled([sut.refresh(first), sut.refresh(second)]);
    // Whoever came first: the thief's token is refused, and what the other got is of no use.
    expect(both[0].status).toBe('rejected');
    if (both[1].status === 'fulfilled') await refusalOf(sut.refresh(both[1].value.refreshToken));
    await refusalOf(sut.refresh(second));
  });

  it('are not begun with a password that was changed since it was proved, or by who is not active any more', async () => {
    const [changed, gone] = [await aUser(), await aUser()];
    await sql(`UPDATE users SET password_hash = 'another' WHERE id = $1`, [changed.id]);
    await sql('UPDATE users SET active = false WHERE id = $1', [gone.id]);
    for (const user of [changed, gone]) expect((await refusalOf(sut.begin(user))).status).toBe(401);
    expect(await sql('SELECT FROM sessions WHERE user_id IN ($1, $2)', [changed.id, gone.id])).toHaveLength(0);
  });

  it('are not refreshed by what has expired, or for who is not active', async () => {
    const user = await aUser();
    const { refreshToken } = await sut.begin(user);
    await sql('UPDATE users SET active = false WHERE id = $1', [user.id]);
    expect((await refusalOf(sut.refresh(refreshToken))).status).toBe(401);
    await sql('UPDATE users SET active = true WHERE id = $1', [user.id]);
    await sql('UPDATE refresh_tokens SET expires_at = now()');
    expect((await refusalOf(sut.refresh(refreshToken))).status).toBe(401);
  });

  it('of a user end all, or all but one, within the transaction of somebody else', async () => {
    const user = await aUser();
    const kept = await sut.begin(user);
    const other = await sut.begin(user);
    const rows: { id: string }[] = await sql('SELECT id FROM sessions WHERE user_id = $1 ORDER BY id', [user.id]);
    await database().tenants.transaction(tenantId, (manager) =>
      sut.endAllWithin(manager, tenantId, user.id, rows[0]?.id ?? null),
    );
    expect((await refusalOf(sut.refresh(other.refreshToken))).status).toBe(401);
    const { refreshToken } = await sut.refresh(kept.refreshToken);
    await sut.endAll(tenantId, user.id);
    expect(lease.waits).toBe(1);
    expect((await refusalOf(sut.refresh(refreshToken))).status).toBe(401);
  });

  it('are kept apart by tenant', async () => {
    await sut.begin(await aUser());
    const seen = await database().tenants.transaction(newId(), (manager) =>
      manager.query('SELECT FROM sessions UNION ALL SELECT FROM refresh_tokens'),
    );
    expect(seen).toEqual([]);
  });

  it('are forgotten when nothing of them can be used, and not before', async () => {
    const user = await aUser();
    const { refreshToken } = await sut.begin(user);
    await sut.begin(user);
    const [newest]: { id: string }[] = await sql('SELECT max(id::text) AS id FROM sessions WHERE user_id = $1', [
      user.id,
    ]);
    await sql(`UPDATE sessions SET expires_at = now() - interval '1 s' WHERE id = $1`, [newest?.id]);
    await repository.forgetExpired();
    expect(await sql('SELECT id FROM sessions WHERE user_id = $1', [user.id])).toHaveLength(1);
    await expect(sut.refresh(refreshToken)).resolves.toBeDefined();
  });

  describe('the brake of sign-ins', () => {
    const brake = () => new SignInBrake(database().dataSource);
    const attempt = () => ({ username: `somebody-${newId()}`, address: `address-${newId()}` });

    it('lets five of many at the same time in', async () => {
      const one = attempt();
      const waits = await Promise.all(Array.from({ length: 20 }, () => brake().enter(one)));
      expect(waits.filter((wait) => wait === 0)).toHaveLength(5);
      expect(Math.max(...waits)).toBeLessThanOrEqual(15);
    });

    it('never has many who are right at the same time wait for each other in a circle', async () => {
      const { address } = attempt();
      const people = Array.from({ length: 4 }, () => ({ ...attempt(), address }));
      const signIns = Array.from({ length: 120 }, async (_, i) => {
        const one = people[i % people.length] ?? attempt();
        if ((await brake().enter(one)) > 0) return;
        if (i % 7 === 0) await brake().withdrawn(one);
        else await brake().succeeded(one);
      });
      const outcomes = await Promise.allSettled(signIns);
      expect(outcomes.filter(({ status }) => status === 'rejected')).toEqual([]);
    });

    it('does not hold somebody up who comes from elsewhere', async () => {
      const one = attempt();
      for (let i = 0; i < 6; i++) await brake().enter(one);
      expect(await brake().enter(one)).toBeGreaterThan(0);
      expect(await brake().enter({ ...one, address: `address-${newId()}` })).toBe(0);
      expect(await brake().enter({ ...one, username: one.username.toUpperCase() })).toBeGreaterThan(0);
    });

    it('slows an address down that tries one account after another, also if one of them is its own', async () => {
      const { address } = attempt();
      for (let i = 0; i < 51; i++) {
        await brake().enter({ username: `guess-${i}-${newId()}`, address });
        if (i === 40) {
          const own = { username: `own-${newId()}`, address };
          await brake().enter(own);
          await brake().succeeded(own);
        }
      }
      expect(await brake().enter({ username: `next-${newId()}`, address })).toBeGreaterThan(0);
    });

    it('takes back what nobody looked at, and forgets with success', async () => {
      const one = attempt();
      for (let i = 0; i < 10; i++) {
        expect(await brake().enter(one)).toBe(0);
        await brake().withdrawn(one);
      }
      for (let i = 0; i < 4; i++) await brake().enter(one);
      expect(await brake().enter(one)).toBe(0);
      await brake().succeeded(one);
      expect(await brake().enter(one)).toBe(0);
    });

    it('keeps no name in the clear, and nothing for long', async () => {
      const one = attempt();
      await brake().enter(one);
      const rows: unknown = await sql(`SELECT encode(subject, 'escape') AS subject, f::text FROM sign_in_failures f`);
      expect(JSON.stringify(rows)).not.toContain(one.username);
      await brake().forgetOld();
      expect(await sql('SELECT FROM sign_in_failures')).not.toHaveLength(0);
      await sql(`UPDATE sign_in_failures SET failed_at = now() - interval '2 hours'`);
      await brake().forgetOld();
      expect(await sql('SELECT FROM sign_in_failures')).toHaveLength(0);
    });
  });
});
