import { describeOnEachDatabase } from '../support/databases';

const SCHEMA = `
  SELECT table_name, column_name, data_type, is_nullable, column_default FROM information_schema.columns
  WHERE table_schema = 'public' AND table_name <> 'mira_migrations' ORDER BY 1, 2`;

describeOnEachDatabase('migrations', (database) => {
  it('go all the way down and up again to the same schema', async () => {
    const { dataSource } = database();
    const before = await dataSource.query(SCHEMA);
    expect(before.length).toBeGreaterThan(50);
    for (const _ of dataSource.migrations) await dataSource.undoLastMigration();
    expect(await dataSource.query(SCHEMA)).toEqual([]);
    await dataSource.runMigrations();
    expect(await dataSource.query(SCHEMA)).toEqual(before);
  });

  it('have nothing to do the second time', async () => {
    expect(await database().dataSource.runMigrations()).toEqual([]);
  });
});
