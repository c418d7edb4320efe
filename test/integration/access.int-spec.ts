import { AccessCheck, type AccessQuestion, type Role } from '@mira/access';
import { newId } from '../../src/database/new-id';
import { AccessService } from '../../src/rbac/access/access.service';
import { generateApiKey, hashApiKey } from '../../src/rbac/api-key/api-key.format';
import { KeyUse } from '../../src/rbac/api-key/key-use';
import { PrincipalDirectory } from '../../src/rbac/principal/principal.directory';
import { describeOnEachDatabase } from '../support/databases';

describeOnEachDatabase('access', (database) => {
  const sql = (text: string, values: unknown[] = []) => database().dataSource.query(text, values);

  async function aTenant(): Promise<string> {
    const id = newId();
    await sql(`INSERT INTO tenants (id, name, tier) VALUES ($1, 'A', 'basic')`, [id]);
    return id;
  }

  async function aUser(tenantId: string, role: Role): Promise<string> {
    const id = newId();
    await sql('INSERT INTO users (tenant_id, id, username, role) VALUES ($1, $2, $3, $4)', [
      tenantId,
      id,
      `user-${id}`,
      role,
    ]);
    return id;
  }

  async function aKey(tenantId: string, userId: string): Promise<{ id: string; hash: Buffer }> {
    const [id, hash] = [newId(), hashApiKey(generateApiKey())];
    await sql(`INSERT INTO api_keys (tenant_id, id, user_id, name, key_hash) VALUES ($1, $2, $3, 'k', $4)`, [
      tenantId,
      id,
      userId,
      hash,
    ]);
    return { id, hash };
  }

  describe('as it is checked for a user', () => {
    it('rests on the role, and holds in the own tenant', async () => {
      const sut = new AccessService(database().dataSource);
      const tenantId = await aTenant();
      const userId = await aUser(tenantId, 'user');
      expect(await sut.checkPermission(userId, 'agent:execute', tenantId)).toMatchObject({ allowed: true, by: 'role' });
      expect(await sut.checkPermission(userId, 'user:update', tenantId)).toMatchObject({ allowed: false, by: 'role' });
    });

    it('is for admins in other tenants too, and for nobody else', async () => {
      const sut = new AccessService(database().dataSource);
      const [home, other] = [await aTenant(), await aTenant()];
      const verdict = async (role: Role) => sut.checkPermission(await aUser(home, role), 'webhook:read', other);
      expect(await verdict('admin')).toMatchObject({ allowed: true, by: 'role' });
      expect(await verdict('manager')).toMatchObject({ allowed: false, by: 'tenant' });
      expect(await sut.checkPermission(newId(), 'webhook:read', home)).toEqual(await verdict('manager'));
    });

    it('ends with the account or the tenant', async () => {
      const sut = new AccessService(database().dataSource);
      const tenantId = await aTenant();
      const userId = await aUser(tenantId, 'manager');
      await sql('UPDATE users SET active = false WHERE id = $1', [userId]);
      expect(await sut.checkPermission(userId, 'webhook:read', tenantId)).toMatchObject({
        allowed: false,
        by: 'tenant',
      });
      await sql('UPDATE users SET active = true WHERE id = $1', [userId]);
      await sql('UPDATE tenants SET active = false WHERE id = $1', [tenantId]);
      expect(await sut.checkPermission(userId, 'webhook:read', tenantId)).toMatchObject({
        allowed: false,
        by: 'tenant',
      });
    });

    it('meets what others have registered, once the role allows it', async () => {
      const asked: AccessQuestion[] = [];
      class NoProjects extends AccessCheck {
        async objection(question: AccessQuestion) {
          asked.push(question);
          if (question.permission !== 'project:create') return null;
          return { allowed: false, by: 'plan' as const, reason: 'No more projects.' };
        }
      }
      const sut = new AccessService(database().dataSource);
      sut.register(new NoProjects());
      const tenantId = await aTenant();
      const userId = await aUser(tenantId, 'manager');
      expect(await sut.checkPermission(userId, 'project:create', tenantId)).toMatchObject({
        allowed: false,
        by: 'plan',
      });
      expect(await sut.checkPermission(userId, 'project:read', tenantId)).toMatchObject({ allowed: true, by: 'role' });
      expect(await sut.checkPermission(userId, 'tenant:create', tenantId)).toMatchObject({
        allowed: false,
        by: 'role',
      });
      expect(asked).toEqual([
        { tenantId, userId, permission: 'project:create' },
        { tenantId, userId, permission: 'project:read' },
      ]);
    });
  });

  describe('by API key', () => {
    it('ends with the grace for the key before the last rotation, and says when', async () => {
      const sut = new PrincipalDirectory(database().dataSource);
      const tenantId = await aTenant();
      const { id, hash } = await aKey(tenantId, await aUser(tenantId, 'user'));
      expect(await sut.ofApiKey(hash)).toMatchObject({ endsAtMs: Infinity, networks: null });

      const next = hashApiKey(generateApiKey());
      const rotate = (graceSeconds: number) =>
        sql(
          `UPDATE api_keys SET key_hash = $2, previous_key_hash = $3,
             previous_expires_at = now() + make_interval(secs => $4) WHERE id = $1`,
          [id, next, hash, graceSeconds],
        );
      await rotate(60);
      expect((await sut.ofApiKey(hash))?.endsAtMs).toBeLessThanOrEqual(Date.now() + 60_000);
      expect((await sut.ofApiKey(next))?.endsAtMs).toBe(Infinity);
      await rotate(-1);
      expect(await sut.ofApiKey(hash)).toBeNull();
      expect(await sut.ofApiKey(next)).not.toBeNull();
    });

    it('is noted for many tenants together, and once in a minute for each key', async () => {
      const sut = new KeyUse(database().tenants);
      const keys = await Promise.all(
        [0, 1].map(async () => {
          const tenantId = await aTenant();
          const { id } = await aKey(tenantId, await aUser(tenantId, 'user'));
          return { tenantId, id };
        }),
      );
      const used = async () => {
        for (const { tenantId, id } of keys) sut.note(tenantId, id);
        await sut.flush();
        const rows: { last_used_at: Date | null }[] = await sql(
          'SELECT last_used_at FROM api_keys WHERE id = ANY ($1) ORDER BY id',
          [keys.map(({ id }) => id)],
        );
        return rows.map(({ last_used_at: at }) => at);
      };
      const first = await used();
      expect(first).toEqual([expect.any(Date), expect.any(Date)]);
      await sql('UPDATE api_keys SET last_used_at = NULL');
      expect(await used()).toEqual([null, null]);
    });
  });
});
