import { DataSource } from 'typeorm';
import { ownedTables } from '../../../src/database/owned-tables';
import type { TestMira } from '../mira';

/** What a refused request may well change: when a key was last used, how often a sender came, and who was refused. */
const PASSING_COLUMNS = ['last_used_at'];
const PASSING_TABLES = [
  'rate_limit_buckets',
  'sign_in_failures',
  'service_minutes',
  'audit_logs',
  'audit_heads',
  'audit_checkpoints',
];
/** Calls are counted whatever became of them, and written some seconds later. */
const STAYING_ROWS = `to_jsonb(r) ->> 'metric' IS DISTINCT FROM 'api_calls'`;

/**
 * How many rows each table has, with a checksum of all that stands in them: of one tenant's alone, or of everything.
 * Two that are equal mean that nothing was changed in between.
 */
export async function fingerprint(mira: TestMira, tenantId?: string): Promise<Record<string, string>> {
  const { manager } = mira.mira.app.get(DataSource);
  const all = tenantId === undefined ? await allTables(mira) : await ownedTables(manager);
  const tables = all.filter(({ name }) => !PASSING_TABLES.includes(name));
  const passing = PASSING_COLUMNS.map((column) => `'${column}'`).join(', ');
  const parts = tables.map(({ name, tenantColumn }) => {
    const rows = tenantColumn === null ? name : `${name} WHERE ${tenantColumn} = $1`;
    return `SELECT '${name}' AS name, (SELECT count(*) || ' ' || coalesce(md5(string_agg(line, '' ORDER BY line)), '')
      FROM (SELECT (to_jsonb(r) - ARRAY[${passing}]::text[])::text AS line FROM (SELECT * FROM ${rows}) r WHERE ${STAYING_ROWS}) lines) AS sum`;
  });
  const found: { name: string; sum: string }[] = await manager.query(
    parts.join(' UNION ALL '),
    tenantId === undefined ? [] : [tenantId],
  );
  return Object.fromEntries(found.map(({ name, sum }) => [name, sum]));
}

async function allTables(mira: TestMira): Promise<{ name: string; tenantColumn: null }[]> {
  const rows = await mira.sql(`
    SELECT c.oid::regclass::text AS name FROM pg_class c
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition`);
  const tables = [...rows.map(({ name }) => String(name)), 'pgboss.job'];
  return tables.map((name) => ({ name, tenantColumn: null }));
}
