import type { DataSource, EntityManager } from 'typeorm';
import { REFERENCE_TABLES } from './distribution';
import { type OwnedTable, ownedTables } from './owned-tables';
import { tenantScope } from './tenant-owned';
import { TENANT_ROLE } from './tenant.role';

/** Told of each step that was done. */
export type Say = (step: string) => void;

/** Whether this database is the coordinator of a Citus. */
export async function hasCitus(manager: EntityManager): Promise<boolean> {
  const [row]: { there: boolean }[] = await manager.query(
    `SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'citus') AS there`,
  );
  return row?.there ?? false;
}

/** Whether tenants' tables are spread. */
export async function isDistributed(manager: EntityManager): Promise<boolean> {
  const [row]: { there: boolean }[] = await manager.query(
    `SELECT to_regclass('pg_dist_partition') IS NOT NULL AS there`,
  );
  return row?.there === true && isSpread((await knownTables(manager)).get('deliveries'));
}

/** What must be set before tables can be distributed and still be kept apart: statements for a superuser to run. */
export async function missingSettings(manager: EntityManager): Promise<string[]> {
  const [found]: { database: string; triggers: boolean; locks: boolean; login: boolean }[] = await manager.query(
    `SELECT quote_ident(current_database()) AS database,
       current_setting('citus.enable_unsafe_triggers', true) IS NOT DISTINCT FROM 'on' AS triggers,
       EXISTS (SELECT FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase
         WHERE d.datname = current_database() AND s.setrole = 0
           AND 'citus.skip_advisory_lock_permission_checks=on' = ANY (s.setconfig)) AS locks,
       EXISTS (SELECT FROM pg_roles WHERE rolname = $1 AND rolcanlogin) AS login`,
    [TENANT_ROLE],
  );
  if (!found) throw new Error('the database says nothing of its settings');
  const { database, triggers, locks, login } = found;
  return [
    // Those of the audit trail and of the routes' versions read and write rows of the same tenant only.
    ...(triggers ? [] : [`ALTER DATABASE ${database} SET citus.enable_unsafe_triggers = 'on'`]),
    // Who writes to a copied table takes Citus' lock on those that it refers to, which the tenants' role may only read.
    // Only superusers are shown whether it is in force.
    ...(locks ? [] : [`ALTER DATABASE ${database} SET citus.skip_advisory_lock_permission_checks = 'on'`]),
    // Connections between the servers are made by the role that is in force.
    ...(login ? [] : [`ALTER ROLE ${TENANT_ROLE} LOGIN`]),
  ];
}

type Kind = 'distributed' | 'reference' | 'other';
type KnownTables = Map<string, Kind>;

/**
 * Spreads the tables over the servers of a Citus, those that others refer to first: a copy of {@link REFERENCE_TABLES}
 * to each, and all else by tenant, so that a tenant's rows of all tables are on one server. What is spread already stays
 * as it is, so it can be done again after a failure, or when a release has brought new tables.
 * @throws Error where a table was spread in another way
 */
export async function distribute({ manager }: Pick<DataSource, 'manager'>, say: Say): Promise<void> {
  const known = await knownTables(manager);
  const owned = (await ownedTables(manager)).toReversed();
  const unowned = [...REFERENCE_TABLES.keys()].filter((name) => !owned.some((table) => table.name === name));
  // First of all: with a table that is copied Citus takes in all that refer to it, and holds them to its rules.
  for (const table of owned) {
    if (isSpread(known.get(table.name))) continue;
    await simplifyPolicy(manager, table);
    await dropRefusedKeys(manager, table, say);
  }
  for (const name of unowned) await copyToAll(manager, name, known, say);
  for (const { name } of owned) {
    if (REFERENCE_TABLES.has(name)) await copyToAll(manager, name, known, say);
  }
  // Only now: they may refer to any of those.
  const byTenant = owned.filter(({ name }) => !REFERENCE_TABLES.has(name) && known.get(name) !== 'distributed');
  await manager.transaction(async (within) => {
    const keys = await keysBetween(within, byTenant);
    for (const { table, name } of keys) await within.query(`ALTER TABLE ${table} DROP CONSTRAINT ${name}`);
    // Keys to what is copied everywhere have Citus ask one server after the other, from the first table on.
    await within.query(`SET LOCAL citus.multi_shard_modify_mode = 'sequential'`);
    for (const table of byTenant) await spreadByTenant(within, table, known, say);
    for (const { table, name, definition } of keys) {
      await within.query(`ALTER TABLE ${table} ADD CONSTRAINT ${name} ${definition}`);
    }
    if (byTenant.length > 0) await sendToTenant(within);
  });
}

/** What changes an audit trail, each by the tenant in `p_tenant`. */
const OF_THE_TRAIL = ['audit_append(uuid, json, json, bytea)', 'audit_prune(uuid, bigint)', 'audit_erase(uuid, uuid)'];

/**
 * These run on the server of their tenant, by the connection that the transaction has there. From the coordinator an append,
 * which runs as the owner, would make another, which sees nothing of the transaction and is refused in it; and the
 * triggers there would not know of the mark that the others set.
 */
async function sendToTenant(manager: EntityManager): Promise<void> {
  for (const name of OF_THE_TRAIL) {
    await manager.query(
      `SELECT create_distributed_function($1::regprocedure, 'p_tenant', colocate_with => 'audit_heads', force_delegation => true)`,
      [name],
    );
  }
}

interface ForeignKey {
  readonly table: string;
  readonly name: string;
  readonly definition: string;
}

/** Keys from one of these tables to another: Citus takes none while only one of the two is spread, whichever it is. */
async function keysBetween(manager: EntityManager, tables: readonly OwnedTable[]): Promise<ForeignKey[]> {
  return manager.query(
    `SELECT conrelid::regclass::text AS "table", quote_ident(conname) AS name, pg_get_constraintdef(oid) AS definition
     FROM pg_constraint
     WHERE contype = 'f' AND conrelid <> confrelid AND conrelid = ANY ($1::regclass[]) AND confrelid = ANY ($1::regclass[])
     ORDER BY 1, 2`,
    [tables.map(({ name }) => name)],
  );
}

async function copyToAll(manager: EntityManager, name: string, known: KnownTables, say: Say): Promise<void> {
  const kind = known.get(name);
  if (kind === 'reference') return;
  if (kind === 'distributed') throw new Error(`${name} is spread by a column, and belongs on every server as a whole`);
  await manager.query('SELECT create_reference_table($1::regclass)', [name]);
  known.set(name, 'reference');
  say(`${name}: a copy on every server`);
}

async function spreadByTenant(
  manager: EntityManager,
  { name, tenantColumn }: OwnedTable,
  known: KnownTables,
  say: Say,
): Promise<void> {
  const kind = known.get(name);
  if (kind === 'distributed') return;
  if (kind === 'reference') throw new Error(`${name} has a copy on every server, and belongs to its tenants' servers`);
  const [beside] = [...known].find(([, other]) => other === 'distributed') ?? ['none'];
  await manager.query('SELECT create_distributed_table($1::regclass, $2, colocate_with => $3)', [
    name,
    tenantColumn,
    beside,
  ]);
  known.set(name, 'distributed');
  say(`${name}: by ${tenantColumn}`);
}

/** Citus takes no subquery in a policy. */
async function simplifyPolicy(manager: EntityManager, { name, tenantColumn }: OwnedTable): Promise<void> {
  const inScope = tenantScope(tenantColumn, { isReadOnce: false });
  await manager.query(`ALTER POLICY tenant_scope ON ${name} USING (${inScope}) WITH CHECK (${inScope})`);
}

/**
 * Citus takes no key that sets columns to NULL where the tenant's id is one of its columns, whether or not it is one of
 * those that are set.
 */
async function dropRefusedKeys(manager: EntityManager, table: OwnedTable, say: Say): Promise<void> {
  const { name, tenantColumn } = table;
  const refused: { key: string; refers_to: string }[] = await manager.query(
    `SELECT quote_ident(conname) AS key, confrelid::regclass::text AS refers_to FROM pg_constraint
     WHERE conrelid = $1::regclass AND contype = 'f' AND confdeltype IN ('n', 'd') AND (
       SELECT attnum FROM pg_attribute WHERE attrelid = conrelid AND quote_ident(attname) = $2) = ANY (conkey)
     ORDER BY 1`,
    [name, tenantColumn],
  );
  for (const { key, refers_to: other } of refused) {
    await manager.query(`ALTER TABLE ${name} DROP CONSTRAINT ${key}`);
    say(`${name}: no longer held to ${other} (${key})`);
  }
}

function isSpread(kind: Kind | undefined): boolean {
  return kind === 'distributed' || kind === 'reference';
}

/** As Citus' catalogue has them. A local table that it knows for a key's sake is still to be spread. */
async function knownTables(manager: EntityManager): Promise<KnownTables> {
  const rows: { name: string; kind: Kind }[] = await manager.query(`
    SELECT logicalrelid::regclass::text AS name,
      CASE WHEN partmethod = 'h' THEN 'distributed' WHEN partmethod = 'n' AND repmodel = 't' THEN 'reference'
        ELSE 'other' END AS kind
    FROM pg_dist_partition`);
  return new Map(rows.map(({ name, kind }) => [name, kind]));
}
