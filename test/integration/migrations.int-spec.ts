import { setTimeout as sleep } from 'node:timers/promises';
import { DataSource } from 'typeorm';
import { dataSourceOptions } from '../../src/database/connection';
import { migrate } from '../../src/database/migrate';
import { describeOnEachDatabase } from '../support/databases';

const POLICIES = `
  SELECT polrelid::regclass::text AS name, pg_get_expr(polqual, polrelid) AS sees, pg_get_expr(polwithcheck, polrelid) AS takes
  FROM pg_policy ORDER BY 1`;

const SCHEMA = `
  SELECT table_name, column_name, data_type, is_nullable, column_default FROM information_schema.columns
  WHERE table_schema = 'public' AND table_name <> 'mira_migrations' ORDER BY 1, 2`;

describeOnEachDatabase('migrations', (database) => {
  it('go all the way down and up again to the same schema', async () => {
    const { dataSource } = database();
    const before = await dataSource.query(SCHEMA);
    const policies = await dataSource.query(POLICIES);
    expect(before.length).toBeGreaterThan(50);
    expect(policies.length).toBeGreaterThan(20);
    for (const _ of dataSource.migrations) await dataSource.undoLastMigration();
    expect(await dataSource.query(SCHEMA)).toEqual([]);
    await dataSource.runMigrations();
    expect(await dataSource.query(SCHEMA)).toEqual(before);
    expect(await dataSource.query(POLICIES)).toEqual(policies);
  });

  it('bring the policies of tables that were there before to the form of those made now', async () => {
    const { dataSource } = database();
    const policies = await dataSource.query(POLICIES);
    const last = dataSource.migrations.findLastIndex(({ name }) => name === 'TenantScope1795300000090');
    const later = dataSource.migrations.length - last;
    for (let n = 0; n < later; n++) await dataSource.undoLastMigration();
    expect(await dataSource.query(POLICIES)).not.toEqual(policies);
    await dataSource.runMigrations();
    expect(await dataSource.query(POLICIES)).toEqual(policies);
  });

  it('wait for a table only briefly at a time, so that nobody has to wait behind them', async () => {
    const { dataSource, target, kind } = database();
    if (kind === 'embedded') return;
    const until = dataSource.migrations.findLastIndex(({ name }) => name === 'NeutralScope1795300000111');
    for (let n = dataSource.migrations.length; n > until; n--) await dataSource.undoLastMigration();
    const { pool } = target;
    const impatient = { ...target, pool: { ...pool, lock_timeout: 100 } };
    const migrating = await new DataSource(dataSourceOptions(impatient)).initialize();
    const holder = dataSource.createQueryRunner();
    try {
      await holder.startTransaction();
      await holder.query('SELECT FROM webhook_events');
      let isDone = false;
      const done = migrate(migrating, 'server').then(() => (isDone = true));
      for (let n = 0; n < 5; n++) {
        await sleep(100);
        await dataSource.query('SELECT FROM webhook_events');
      }
      expect(isDone).toBe(false);
      await holder.commitTransaction();
      await done;
      expect(await dataSource.runMigrations()).toEqual([]);
    } finally {
      await holder.release();
      await migrating.destroy();
    }
  });

  it('have nothing to do the second time', async () => {
    expect(await database().dataSource.runMigrations()).toEqual([]);
  });
});
