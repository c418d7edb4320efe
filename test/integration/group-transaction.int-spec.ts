import { DataSource } from 'typeorm';
import { dataSourceOptions } from '../../src/database/connection';
import { newId } from '../../src/database/new-id';
import { TenantDatabase } from '../../src/database/tenant.database';
import { describeOnEachDatabase } from '../support/databases';
import { eventually } from '../support/eventually';

describeOnEachDatabase('a group transaction', (database) => {
  const tenantId = newId();
  let dataSource: DataSource;
  let sut: TenantDatabase;

  beforeEach(async () => {
    const { target } = database();
    const small = { ...target, pool: { ...target.pool, max: 1, connectionTimeoutMillis: 5_000 } };
    dataSource = await new DataSource(dataSourceOptions(small)).initialize();
    sut = new TenantDatabase(dataSource);
  });
  afterEach(() => dataSource.destroy());

  const quick = (timeoutMs: number) =>
    sut.groupTransaction([tenantId], { preamble: 'SELECT 1 AS one', timeoutMs }, async (_client, { rows }) => rows);

  it('gives up when no connection is free in time, and loses none by that', async () => {
    const busy = sut.groupTransaction([tenantId], { preamble: 'SELECT 1', timeoutMs: 5_000 }, async (client) =>
      client.query('SELECT pg_sleep(0.4)'),
    );
    await expect(quick(100)).rejects.toMatchObject({ code: 'ETIMEDOUT' });
    await busy;
    for (let again = 0; again < 3; again++) expect(await quick(5_000)).toEqual([{ one: 1 }]);
  });

  it('gives up on a database that does not answer, and has a fresh connection for the next', async () => {
    const hanging = sut.groupTransaction([tenantId], { preamble: 'SELECT 1', timeoutMs: 200 }, async (client) =>
      client.query('SELECT pg_sleep(1)'),
    );
    await expect(hanging).rejects.toThrow();
    await eventually(async () => expect(await quick(3_000)).toEqual([{ one: 1 }]));
  });

  it('undoes all of it when a statement fails', async () => {
    const failing = sut.groupTransaction([tenantId], { preamble: 'SELECT 1', timeoutMs: 5_000 }, async (client) => {
      await client.query('SELECT nonsense');
    });
    await expect(failing).rejects.toThrow(/nonsense/);
    expect(await quick(5_000)).toEqual([{ one: 1 }]);
  });
});
