import { BenchmarkRegistry } from '@mira/benchmark';
import { TableUpkeep } from '../../src/database/table.upkeep';
import { describeOnEachDatabase } from '../support/databases';
import { eventually } from '../support/eventually';

describeOnEachDatabase('the upkeep of tables', (database) => {
  const benchmarks = new BenchmarkRegistry();
  let sut: TableUpkeep;

  beforeAll(async () => {
    const { dataSource, target } = database();
    sut = new TableUpkeep(dataSource, target, benchmarks);
    // Out of the way of a server's own autovacuum, so that what is seen is ours.
    await dataSource.query('CREATE TABLE heaps (n int PRIMARY KEY, text text) WITH (autovacuum_enabled = off)');
    await dataSource.query(`CREATE TABLE "Odd ""name""" (n int) WITH (autovacuum_enabled = off)`);
  });

  const heap = async (from: number, to: number, table = 'heaps (n)') =>
    database().dataSource.query(`INSERT INTO ${table} SELECT generate_series(${from}, ${to})`);

  /** How many rows the planner takes the table to have; -1 where nobody ever looked. */
  async function believed(table = 'heaps'): Promise<number> {
    const [row]: { rows: number }[] = await database().dataSource.query(
      'SELECT reltuples::int AS rows FROM pg_class WHERE relname = $1',
      [table],
    );
    return row?.rows ?? NaN;
  }

  /** A server's connections tell of what they changed within a second. */
  const untilTended = (check: () => Promise<void>) =>
    eventually(async () => {
      await sut.tend();
      await check();
    });

  it('looks at a table anew once it has doubled', async () => {
    await heap(1, 1_000);
    await untilTended(async () => expect(await believed()).toBe(1_000));
    await heap(1_001, 4_000);
    await untilTended(async () => expect(await believed()).toBe(4_000));
  });

  it('leaves alone what is small, or has hardly changed', async () => {
    await heap(1, 400, '"Odd ""name"""');
    await heap(4_001, 5_000);
    await heap(1, 600, '"Odd ""name"""');
    await untilTended(async () => expect(await believed('Odd "name"')).toBe(1_000));
    expect(await believed()).toBe(4_000);
  });

  it('clears dead rows away where nothing else does: in the embedded database', async () => {
    const { dataSource, target } = database();
    await dataSource.query(`UPDATE heaps SET text = 'changed'`);
    const dead = async (): Promise<number> => {
      if (target.kind === 'embedded') await dataSource.query('SELECT pg_stat_force_next_flush()');
      const [row]: { dead: number }[] = await dataSource.query(
        `SELECT n_dead_tup::int AS dead FROM pg_stat_user_tables WHERE relname = 'heaps'`,
      );
      return row?.dead ?? NaN;
    };
    await eventually(async () => expect(await dead()).toBe(5_000));
    // Not while much else is done, unless they are more than twice as many as the others.
    for (let n = 0; n <= 50; n++) benchmarks.record('database_transaction', 0.001);
    await sut.tend();
    expect(await dead()).toBe(5_000);
    await sut.tend();
    expect(await dead()).toBe(target.kind === 'embedded' ? 0 : 5_000);
  });
});
