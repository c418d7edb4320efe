import type { QueryRunner } from 'typeorm';
import { distribute, hasCitus, missingSettings } from '../../src/database/distribute';
import { REFERENCE_TABLES } from '../../src/database/distribution';
import { newId } from '../../src/database/new-id';
import { ownedTables } from '../../src/database/owned-tables';
import { describeOnEachDatabase } from '../support/databases';
import { createFakeCitus } from '../support/fake-citus';

const FOREIGN_KEYS = `SELECT conname AS name FROM pg_constraint WHERE contype = 'f' ORDER BY 1`;

describeOnEachDatabase('distributing', (database) => {
  let runner: QueryRunner;
  let keysBefore: { name: string }[];

  beforeAll(async () => {
    runner = database().dataSource.createQueryRunner();
    keysBefore = await runner.query(FOREIGN_KEYS);
    await createFakeCitus(runner.manager);
  });

  afterAll(() => runner.release());

  const stepsOf = async (): Promise<string[]> => {
    const steps: string[] = [];
    await distribute(runner, (step) => steps.push(step));
    return steps;
  };

  const layout = (): Promise<{ name: string; method: string; key: string | null; colocation: number }[]> =>
    runner.query(`SELECT logicalrelid::text AS name, partmethod::text AS method, partkey AS key, colocationid AS colocation
      FROM pg_dist_partition ORDER BY 1`);

  it('sees that there is no Citus', async () => {
    expect(await hasCitus(runner.manager)).toBe(false);
  });

  it('names what must be set first', async () => {
    const missing = await missingSettings(runner.manager);
    expect(missing).toEqual([
      expect.stringMatching(/^ALTER DATABASE \S+ SET citus\.enable_unsafe_triggers = 'on'$/),
      expect.stringMatching(/^ALTER DATABASE \S+ SET citus\.skip_advisory_lock_permission_checks = 'on'$/),
      'ALTER ROLE mira_tenant LOGIN',
    ]);
    await expect(stepsOf()).rejects.toThrow('triggers');
    await runner.query(`SET citus.enable_unsafe_triggers = 'on'`);
    expect(await missingSettings(runner.manager)).toEqual(missing.slice(1));
  });

  it('goes on where it ended, and has nothing to do the second time', async () => {
    const begun = (await layout()).length;
    expect(begun).toBeGreaterThan(0);
    expect(await stepsOf()).toHaveLength((await layout()).length - begun);
    expect(await stepsOf()).toEqual([]);
  });

  it('has every tenant’s table together by tenant, and the exceptions on every server', async () => {
    const owned = await ownedTables(runner.manager);
    const tables = await layout();
    const spread = tables.filter(({ method }) => method === 'h');
    expect(new Set(spread.map(({ colocation }) => colocation)).size).toBe(1);
    expect(new Set(spread.map(({ key }) => key))).toEqual(new Set(['tenant_id']));
    expect(tables.filter(({ method }) => method === 'n').map(({ name }) => name)).toEqual(
      [...REFERENCE_TABLES.keys()].toSorted(),
    );
    expect(spread.map(({ name }) => name)).toEqual(
      owned
        .map(({ name }) => name)
        .filter((name) => !REFERENCE_TABLES.has(name))
        .toSorted(),
    );
  });

  it('has let go of the one key that Citus does not take, and of no other', async () => {
    const dropped = keysBefore.filter(({ name }) => name === 'tasks_tenant_id_assignee_id_fkey');
    expect(dropped).toHaveLength(1);
    expect(await runner.query(FOREIGN_KEYS)).toEqual(keysBefore.filter((key) => key !== dropped[0]));
  });

  it('keeps tenants apart as before', async () => {
    const { dataSource, tenants } = database();
    const [a, b] = [newId(), newId()];
    for (const id of [a, b]) {
      await dataSource.query(`INSERT INTO tenants (id, name, tier) VALUES ($1, 'T', 'basic')`, [id]);
      await tenants.transaction(id, (manager) =>
        manager.query(`INSERT INTO projects (tenant_id, id, name) VALUES ($1, $2, 'p')`, [id, newId()]),
      );
    }
    const seen = await tenants.transaction(a, (manager) => manager.query('SELECT tenant_id FROM projects'));
    expect(seen).toEqual([{ tenant_id: a }]);
    const smuggled = tenants.transaction(a, (manager) =>
      manager.query(`INSERT INTO projects (tenant_id, id, name) VALUES ($1, $2, 'p')`, [b, newId()]),
    );
    await expect(smuggled).rejects.toThrow(/row-level security/);
    const unscoped = await dataSource.transaction(async (manager) => {
      await manager.query('SET LOCAL ROLE mira_tenant');
      return manager.query('SELECT * FROM projects');
    });
    expect(unscoped).toEqual([]);
  });

  it('distributes a table that a later release brings', async () => {
    await runner.query(`
      CREATE TABLE later_things (tenant_id uuid NOT NULL, id uuid NOT NULL, PRIMARY KEY (tenant_id, id))`);
    await runner.query('ALTER TABLE later_things ENABLE ROW LEVEL SECURITY');
    await runner.query('CREATE POLICY tenant_scope ON later_things TO mira_tenant USING (tenant_id IS NOT NULL)');
    expect(await stepsOf()).toEqual(['later_things: by tenant_id']);
  });

  it('refuses to go on from a table that lies in another way', async () => {
    await runner.query(
      `UPDATE pg_dist_partition SET partmethod = 'h', partkey = 'id' WHERE logicalrelid = 'users'::regclass`,
    );
    await expect(stepsOf()).rejects.toThrow('users is spread by a column');
  });
});
