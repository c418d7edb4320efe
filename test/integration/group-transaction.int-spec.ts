import { DataSource } from 'typeorm';
import { dataSourceOptions } from '../../src/database/connection';
import { GroupClient, type Statement } from '../../src/database/group.client';
import { newId } from '../../src/database/new-id';
import { TenantDatabase } from '../../src/database/tenant.database';
import { describeOnEachDatabase } from '../support/databases';
import { eventually } from '../support/eventually';

const aStatement = (text: string) => ({ text, values: [] });

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
      client.query(aStatement('SELECT pg_sleep(0.4)')),
    );
    await expect(quick(100)).rejects.toMatchObject({ code: 'ETIMEDOUT' });
    await busy;
    for (let again = 0; again < 3; again++) expect(await quick(5_000)).toEqual([{ one: 1 }]);
  });

  it('gives up on a database that does not answer, and has a fresh connection for the next', async () => {
    const hanging = sut.groupTransaction([tenantId], { preamble: 'SELECT 1', timeoutMs: 200 }, async (client) =>
      client.query(aStatement('SELECT pg_sleep(1)')),
    );
    await expect(hanging).rejects.toThrow();
    await eventually(async () => expect(await quick(3_000)).toEqual([{ one: 1 }]));
  });

  it('undoes all of it when a statement fails', async () => {
    const failing = sut.groupTransaction([tenantId], { preamble: 'SELECT 1', timeoutMs: 5_000 }, async (client) => {
      await client.query(aStatement('SELECT nonsense'));
    });
    await expect(failing).rejects.toThrow(/nonsense/);
    expect(await quick(5_000)).toEqual([{ one: 1 }]);
  });

  describe('that ends with several statements', () => {
    beforeAll(() => database().dataSource.query('CREATE TABLE marks (n int PRIMARY KEY)'));
    beforeEach(async () => {
      await database().dataSource.query('TRUNCATE marks');
      await database().dataSource.query('GRANT SELECT, INSERT ON marks TO mira_tenant');
    });

    const mark = (n: number) => ({ name: 'mark', text: 'INSERT INTO marks VALUES ($1) RETURNING n', values: [n] });
    const marks = async () =>
      (await database().dataSource.query('SELECT n FROM marks ORDER BY n')).map(({ n }: { n: number }) => n);
    const commitWith = (...statements: [Statement, ...Statement[]]) =>
      sut.groupTransaction([tenantId], { preamble: 'SELECT 1', timeoutMs: 5_000 }, (client) =>
        client.commitWith(...statements),
      );

    it('commits all of them and answers with what the first gave', async () => {
      const { rows } = await commitWith(mark(1), mark(2));
      expect(rows).toEqual([{ n: 1 }]);
      expect(await marks()).toEqual([1, 2]);
    });

    it.each<[string, [Statement, ...Statement[]]]>([
      ['first', [aStatement('SELECT nonsense'), mark(1), mark(2)]],
      ['middle', [mark(1), aStatement('SELECT nonsense'), mark(2)]],
      ['last', [mark(1), mark(2), aStatement('SELECT nonsense')]],
    ])('commits none of them when the %s one fails, and tells of that failure', async (_which, statements) => {
      await expect(commitWith(...statements)).rejects.toThrow(/nonsense/);
      expect(await marks()).toEqual([]);
      // The connection, and the statements that it never got to parse, are as good as new.
      await commitWith(mark(3));
      expect(await marks()).toEqual([3]);
    });

    it('runs none of them as another than the tenant', async () => {
      await database().dataSource.query('REVOKE SELECT, INSERT ON marks FROM mira_tenant');
      await expect(commitWith(mark(1))).rejects.toThrow(/permission denied/);
      expect(await marks()).toEqual([]);
    });
  });

  describe('in a single round trip', () => {
    beforeAll(async () => {
      await database().dataSource.query('CREATE TABLE trips (n int PRIMARY KEY, who text, scope text)');
      await database().dataSource.query('GRANT SELECT, INSERT ON trips TO mira_tenant');
    });

    const trip = (n: number) => ({
      name: 'trip',
      text: `INSERT INTO trips VALUES ($1, current_user, current_setting('app.tenant_id')) RETURNING n`,
      values: [n],
    });
    const trips = () => database().dataSource.query('SELECT * FROM trips ORDER BY n');
    const one = <T>(work: Parameters<typeof sut.pipeline<T>>[2]) =>
      sut.pipeline([tenantId], { timeoutMs: 5_000 }, work);

    it('does all of it as the tenant', async () => {
      expect((await one((client) => client.commitWith(trip(1), trip(2)))).rows).toEqual([{ n: 1 }]);
      await one((client) => client.commit([trip(3)]));
      expect((await one((client) => client.query(trip(4)))).rows).toEqual([{ n: 4 }]);
      const ours = { who: 'mira_tenant', scope: tenantId };
      expect(await trips()).toEqual([1, 2, 3, 4].map((n) => ({ n, ...ours })));
    });

    it('does the same message by message where tables are distributed, and has its settings handed on', async () => {
      const distributed = new TenantDatabase(dataSource, undefined, { isDistributed: true });
      const settings = aStatement(`
        SELECT current_user AS who, current_setting('app.tenant_id') AS scope,
          current_setting('citus.propagate_set_commands', true) AS handed_on`);
      const ours = [{ who: 'mira_tenant', scope: tenantId, handed_on: 'local' }];
      const options = { timeoutMs: 5_000 };
      const [piped, grouped, managed] = [
        await distributed.pipeline([tenantId], options, (client) => client.commitWith(settings)),
        await distributed.groupTransaction(
          [tenantId],
          { ...options, preamble: settings.text },
          async (_client, found) => found,
        ),
        await distributed.transaction(tenantId, (manager) => manager.query(settings.text)),
      ];
      expect([piped.rows, grouped.rows, managed]).toEqual([ours, ours, ours]);
      const after = await dataSource.query(`SELECT current_setting('citus.propagate_set_commands', true) AS handed_on`);
      expect(after).not.toEqual([{ handed_on: 'local' }]);
    });

    it.each<[string, Parameters<typeof sut.pipeline>[2]]>([
      ['with the commit', (client) => client.commitWith(trip(11), aStatement('SELECT nonsense'))],
      [
        'before it',
        async (client) => (await client.query(trip(11)), await client.query(aStatement('SELECT nonsense'))),
      ],
      ['as the first', (client) => client.query(aStatement('SELECT nonsense'))],
    ])('does nothing of it where a statement fails %s', async (_when, work) => {
      await expect(one(work)).rejects.toThrow(/nonsense/);
      expect(await trips()).toHaveLength(4);
      expect((await one((client) => client.query(aStatement('SELECT current_user AS who')))).rows).toEqual([
        { who: 'mira_tenant' },
      ]);
    });

    it('does nothing of it where it cannot begin as it should, as where it cannot become the tenant', async () => {
      const before = (await trips()).length;
      const runner = dataSource.createQueryRunner();
      const client = new GroupClient(await runner.connect(), ['BEGIN; SET LOCAL ROLE nobody_of_that_name']);
      await expect(client.commitWith(trip(21), trip(22))).rejects.toThrow(/nobody_of_that_name/);
      await runner.query('ROLLBACK');
      await runner.release();
      expect(await trips()).toHaveLength(before);
    });
  });
});
