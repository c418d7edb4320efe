import type { EntityManager } from 'typeorm';

/**
 * Tables that transactions lock one after the other, with the key of a tenant's rows. All take them in this order, and
 * several rows of one table in the order of their keys, so that none waits for another that waits for it. The counters of
 * usage come before all of them; no other table refers to these. Whoever inserts what refers to the tenant while it holds
 * some of them locks the tenant's row before, as whoever deletes the tenant does.
 */
export const LOCK_ORDER: ReadonlyMap<string, string> = new Map([
  ['holds', 'scope, target_id'],
  ['route_positions', 'route_id'],
  ['deliveries', 'id'],
]);

/** A table that holds tenants' own rows. Both names are ready to stand in a statement. */
export interface OwnedTable {
  readonly name: string;
  /** Whose a row is. */
  readonly tenantColumn: string;
}

interface CatalogueRow {
  name: string;
  tenant_column: string;
  refers_to: string[];
}

/**
 * Every tenant-owned table, as the catalogue knows them by their policy: also those of features that were not thought
 * of here. In the order in which a tenant's rows can be deleted: a table stands before those that it refers to, and first
 * of all those that are locked in an order.
 */
export async function ownedTables(manager: EntityManager): Promise<OwnedTable[]> {
  const rows: CatalogueRow[] = await manager.query(TABLES);
  return inLockOrder(childrenFirst(rows)).map(({ name, tenant_column: tenantColumn }) => ({ name, tenantColumn }));
}

/**
 * Puts tables in an order in which each stands before those it refers to, else as they come.
 * @throws Error where some refer to each other in a circle: their rows could not be deleted one table at a time
 */
export function childrenFirst<T extends { name: string; refers_to: readonly string[] }>(tables: readonly T[]): T[] {
  const ordered: T[] = [];
  let rest = [...tables];
  while (rest.length > 0) {
    const referredTo = new Set(rest.flatMap(({ name, refers_to }) => refers_to.filter((other) => other !== name)));
    const free = rest.filter(({ name }) => !referredTo.has(name));
    if (free.length === 0) {
      throw new Error(`these tables refer to each other in a circle: ${rest.map(({ name }) => name).join(', ')}`);
    }
    ordered.push(...free);
    rest = rest.filter((table) => !free.includes(table));
  }
  return ordered;
}

/** Puts those tables first that are locked in an order, and leaves the others as they come. */
export function inLockOrder<T extends { name: string }>(tables: readonly T[]): T[] {
  const first = [...LOCK_ORDER.keys()].flatMap((name) => tables.filter((table) => table.name === name));
  return [...first, ...tables.filter(({ name }) => !LOCK_ORDER.has(name))];
}

/** A policy depends on the columns that it names, and tenant_scope names one. Partitions are reached by their parent. */
const TABLES = `
  SELECT c.oid::regclass::text AS name, quote_ident(a.attname) AS tenant_column,
    ARRAY(SELECT DISTINCT f.confrelid::regclass::text FROM pg_constraint f
          WHERE f.conrelid = c.oid AND f.contype = 'f') AS refers_to
  FROM pg_policy p
  JOIN pg_class c ON c.oid = p.polrelid AND NOT c.relispartition
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum IN (
    SELECT d.refobjsubid FROM pg_depend d
    WHERE d.classid = 'pg_policy'::regclass AND d.objid = p.oid
      AND d.refclassid = 'pg_class'::regclass AND d.refobjid = c.oid AND d.refobjsubid > 0)
  WHERE p.polname = 'tenant_scope'
  ORDER BY 1`;
