import { LOCAL_TABLES, REFERENCE_TABLES } from '../../src/database/distribution';
import { ownedTables } from '../../src/database/owned-tables';
import { describeOnEachDatabase } from '../support/databases';

/** What is unique in a table, with its columns; an expression is none. */
const UNIQUE_INDEXES = `
  SELECT i.indrelid::regclass::text AS "table", i.indexrelid::regclass::text AS name, i.indisprimary AS is_primary,
    ARRAY(SELECT quote_ident(a.attname) FROM unnest(i.indkey::smallint[]) WITH ORDINALITY AS k (attnum, place)
          JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum ORDER BY place) AS columns
  FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid AND c.relnamespace = 'public'::regnamespace
  WHERE i.indisunique ORDER BY 1, 2`;

const FOREIGN_KEYS = `
  SELECT f.conname AS name, f.conrelid::regclass::text AS "from", f.confrelid::regclass::text AS "to",
    ARRAY(SELECT quote_ident(mine.attname) || ' = ' || quote_ident(other.attname)
          FROM unnest(f.conkey, f.confkey) AS pair (mine, other)
          JOIN pg_attribute mine ON mine.attrelid = f.conrelid AND mine.attnum = pair.mine
          JOIN pg_attribute other ON other.attrelid = f.confrelid AND other.attnum = pair.other) AS pairs
  FROM pg_constraint f WHERE f.contype = 'f' AND f.connamespace = 'public'::regnamespace ORDER BY 1`;

/** Not for a key of it: statements join it to the rows of tenants, for many at once. */
const READ_BESIDE_TENANTS = 'plan_overrides';

interface UniqueIndex {
  table: string;
  name: string;
  is_primary: boolean;
  columns: string[];
}

interface ForeignKey {
  name: string;
  from: string;
  to: string;
  pairs: string[];
}

describeOnEachDatabase('a schema that can be distributed by tenant', (database) => {
  const query = <T>(sql: string): Promise<T[]> => database().dataSource.query(sql);
  const tenantColumns = async () =>
    new Map((await ownedTables(database().dataSource.manager)).map(({ name, tenantColumn }) => [name, tenantColumn]));

  it('says of each table whether it is a tenant’s, on every server, or on one', async () => {
    const owned = await tenantColumns();
    const tables = await query<{ name: string }>(
      `SELECT oid::regclass::text AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')`,
    );
    const unknown = tables.filter(
      ({ name }) => !owned.has(name) && !REFERENCE_TABLES.has(name) && !LOCAL_TABLES.has(name),
    );
    expect(unknown).toEqual([]);
    expect([...LOCAL_TABLES.keys()].filter((name) => owned.has(name) || REFERENCE_TABLES.has(name))).toEqual([]);
    const names = new Set(tables.map(({ name }) => name));
    expect([...REFERENCE_TABLES.keys(), ...LOCAL_TABLES.keys()].filter((name) => !names.has(name))).toEqual([]);
  });

  it('has the tenant first in the key of every tenant’s table', async () => {
    const keys = new Map(
      (await query<UniqueIndex>(UNIQUE_INDEXES)).filter((one) => one.is_primary).map((one) => [one.table, one.columns]),
    );
    for (const [name, tenantColumn] of await tenantColumns()) {
      expect({ name, first: keys.get(name)?.[0] }).toEqual({ name, first: tenantColumn });
    }
  });

  it('has the tenant in all that is unique, but for what is found without it', async () => {
    const owned = await tenantColumns();
    const overall = (await query<UniqueIndex>(UNIQUE_INDEXES))
      .filter(({ table, columns }) => owned.has(table) && !columns.includes(String(owned.get(table))))
      .filter(({ table }) => !REFERENCE_TABLES.has(table));
    expect(overall).toEqual([]);
  });

  it('makes no exception that nothing asks for', async () => {
    const owned = await tenantColumns();
    const unique = await query<UniqueIndex>(UNIQUE_INDEXES);
    const keys = await query<ForeignKey>(FOREIGN_KEYS);
    const needless = [...REFERENCE_TABLES.keys()].filter(
      (name) =>
        owned.has(name) &&
        name !== READ_BESIDE_TENANTS &&
        unique.every(({ table, columns }) => table !== name || columns.includes(String(owned.get(name)))) &&
        keys.every(({ from, to }) => to !== name || !REFERENCE_TABLES.has(from)),
    );
    expect(needless).toEqual([]);
  });

  it('refers from one tenant’s table to another by the tenant too, and from what is on every server to nothing else', async () => {
    const owned = await tenantColumns();
    const keys = await query<ForeignKey>(FOREIGN_KEYS);
    expect(keys.length).toBeGreaterThan(10);
    for (const { name, from, to, pairs } of keys) {
      if (REFERENCE_TABLES.has(to)) continue;
      expect({ name, refersToWhatIsSpread: REFERENCE_TABLES.has(from) || LOCAL_TABLES.has(from) }).toEqual({
        name,
        refersToWhatIsSpread: false,
      });
      expect({ name, pairs }).toEqual({
        name,
        pairs: expect.arrayContaining([`${String(owned.get(from))} = ${String(owned.get(to))}`]),
      });
    }
  });
});
