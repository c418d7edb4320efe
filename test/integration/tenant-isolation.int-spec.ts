import { newId } from '../../src/database/new-id';
import { describeOnEachDatabase } from '../support/databases';

/** Tables that hold no tenant's rows. Every other table must be protected. */
const NOT_TENANT_OWNED = [
  'deleted_tenants',
  'mira_migrations',
  'rate_limit_buckets',
  'service_minutes',
  'sign_in_failures',
  'turns',
];

describeOnEachDatabase('tenant isolation', (database) => {
  const [a, b] = [newId(), newId()];

  beforeAll(async () => {
    const { dataSource, tenants } = database();
    for (const [tenant, name] of [
      [a, 'A'],
      [b, 'B'],
    ] as const) {
      await dataSource.query(`INSERT INTO tenants (id, name, tier) VALUES ($1, $2, 'basic')`, [tenant, name]);
      await tenants.transaction(tenant, (manager) =>
        manager.query(`INSERT INTO projects (tenant_id, id, name) VALUES ($1, $2, $3)`, [
          tenant,
          newId(),
          `of ${name}`,
        ]),
      );
    }
  });

  it('shows one tenant its rows only, to a query without a WHERE', async () => {
    const names = await database().tenants.transaction(a, (manager) => manager.query('SELECT name FROM projects'));
    expect(names).toEqual([{ name: 'of A' }]);
  });

  it('shows a tenant nothing of the other tenants themselves', async () => {
    const names = await database().tenants.transaction(b, (manager) => manager.query('SELECT name FROM tenants'));
    expect(names).toEqual([{ name: 'B' }]);
  });

  it('changes and deletes nothing of another tenant, even when told to', async () => {
    await database().tenants.transaction(a, async (manager) => {
      await manager.query(`UPDATE projects SET name = 'taken'`);
      await manager.query('DELETE FROM projects WHERE tenant_id = $1', [b]);
    });
    const names = await database().dataSource.query('SELECT name FROM projects ORDER BY name');
    expect(names).toEqual([{ name: 'of B' }, { name: 'taken' }]);
  });

  it('takes no row for another tenant', async () => {
    const insert = database().tenants.transaction(a, (manager) =>
      manager.query(`INSERT INTO projects (tenant_id, id, name) VALUES ($1, $2, 'smuggled')`, [b, newId()]),
    );
    await expect(insert).rejects.toThrow(/row-level security/);
  });

  it('shows nothing to the tenant role where no tenant was named', async () => {
    const rows = await database().dataSource.transaction(async (manager) => {
      await manager.query('SET LOCAL ROLE mira_tenant');
      return manager.query('SELECT * FROM projects');
    });
    expect(rows).toEqual([]);
  });

  it('keeps neither role nor tenant after the transaction, committed or not', async () => {
    const { tenants, dataSource } = database();
    await tenants.transaction(a, async () => undefined);
    await tenants.transaction(a, () => Promise.reject(new Error('undone'))).catch(() => undefined);
    for (let i = 0; i < 20; i++) {
      const [row] = await dataSource.query(
        `SELECT current_user = session_user AS own, coalesce(current_setting('app.tenant_id', true), '') AS tenant`,
      );
      expect(row).toEqual({ own: true, tenant: '' });
    }
  });

  it('refuses to open a transaction for what is no tenant id', async () => {
    const injected = database().tenants.transaction(`${a}'; RESET ROLE; --`, async () => undefined);
    await expect(injected).rejects.toThrow('needs tenant ids');
  });

  it('shows a group commit the rows of its tenants and of no other', async () => {
    const { dataSource, tenants } = database();
    const c = newId();
    await dataSource.query(`INSERT INTO tenants (id, name, tier) VALUES ($1, 'C', 'basic')`, [c]);
    const options = { preamble: 'SELECT name FROM tenants ORDER BY name', timeoutMs: 5_000 };
    const names = await tenants.groupTransaction([a, c], options, async (_client, found) => found.rows);
    expect(names).toEqual([{ name: 'A' }, { name: 'C' }]);
  });

  it('protects every table that there is, but for those that are nobody’s', async () => {
    const unprotected = await database().dataSource.query(`
      SELECT c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p')
        AND (NOT c.relrowsecurity OR NOT EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid))
      ORDER BY 1`);
    expect(unprotected.map((row: { name: string }) => row.name)).toEqual(NOT_TENANT_OWNED);
  });
});
