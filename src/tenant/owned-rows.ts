import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { REFERENCE_TABLES } from '../database/distribution';
import { LOCK_ORDER, type OwnedTable, ownedTables } from '../database/owned-tables';

/** How many rows there are, by table; queue jobs and rate-limit buckets stand beside them. */
export type RowCounts = Record<string, number>;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
/**
 * Rows a statement deletes: few enough that it ends well within `database.statement_timeout_ms`, also where each has a
 * body of a megabyte.
 */
const CHUNK = 1_000;
/** The tenant's own row: it goes last, and it is no count that would tell anything. */
const TENANTS = 'tenants';
/**
 * Whoever does something that is counted holds rows of this one, in an order of its own, and may then wait for the
 * tenant's row. So a deletion waits for none of them: those that it finds held are left to the sweep. And it takes them
 * last, since all who count wait for it from then on.
 */
const COUNTERS = 'usage_counters';
/** Known here as what the schema says, for the rooms that fill them stand above this one. */
const QUEUE = 'pgboss.job';
const OF_QUEUE = `group_id = $1::text OR data ->> 'tenant_id' = $1::text`;
const OF_BUCKETS = `client IN (
  SELECT 'endpoint:' || id FROM webhook_endpoints WHERE tenant_id = $1
  UNION ALL SELECT 'key:' || id FROM api_keys WHERE tenant_id = $1
  UNION ALL SELECT 'key:' || id FROM users WHERE tenant_id = $1)`;

/**
 * All rows that are one tenant's own, in whatever table. As Mira's own login: what a tenant's role may not delete, such
 * as the tenant itself, goes too.
 */
@Injectable()
export class OwnedRows {
  /** In one statement, and so as of one moment. */
  async count(manager: EntityManager, tenantId: string): Promise<RowCounts> {
    const tables = (await ownedTables(manager)).filter(({ name }) => name !== TENANTS);
    const parts = tables.map(({ name, tenantColumn }) => countOf(name, name, `${tenantColumn} = $1`));
    if (await this.hasQueue(manager)) parts.push(countOf('queue_jobs', QUEUE, OF_QUEUE));
    parts.push(countOf('rate_limit_buckets', 'rate_limit_buckets', OF_BUCKETS));
    const rows: { name: string; rows: number }[] = await manager.query(parts.join(' UNION ALL '), [tenantId]);
    return Object.fromEntries(rows.map(({ name, rows: count }) => [name, count]));
  }

  /** Deletes them, the tenant's row included, within the caller's transaction. */
  async delete(manager: EntityManager, tenantId: string): Promise<RowCounts> {
    const deleted: RowCounts = {};
    deleted['rate_limit_buckets'] = await execute(manager, `DELETE FROM rate_limit_buckets WHERE ${OF_BUCKETS}`, [
      tenantId,
    ]);
    const tables = (await ownedTables(manager)).filter(({ name }) => name !== COUNTERS);
    for (const table of tables) {
      const count = await this.empty(manager, table, tenantId);
      if (table.name !== TENANTS) deleted[table.name] = count;
    }
    // After the deliveries: who records an attempt adds the job of the next one only while its delivery is there.
    if (await this.hasQueue(manager)) {
      deleted['queue_jobs'] = await execute(manager, `DELETE FROM ${QUEUE} WHERE ${OF_QUEUE}`, [tenantId]);
    }
    deleted[COUNTERS] = await execute(manager, DELETE_COUNTERS, [tenantId]);
    return deleted;
  }

  /** A cursor remembers how far it came, where a statement with a limit would step over all that was deleted before. */
  private async empty(manager: EntityManager, { name, tenantColumn }: OwnedTable, tenantId: string): Promise<number> {
    // A cursor takes no parameters.
    if (!UUID.test(tenantId)) throw new Error('rows are deleted by the id of their tenant');
    // Few and small. And where each server has a copy, a row's place is another in each.
    if (REFERENCE_TABLES.has(name)) return this.emptyAtOnce(manager, { name, tenantColumn }, tenantId);
    const key = LOCK_ORDER.get(name);
    const inOrder = key === undefined ? '' : `ORDER BY ${key} FOR UPDATE`;
    await manager.query(
      `DECLARE owned CURSOR FOR SELECT ctid FROM ${name} WHERE ${tenantColumn} = '${tenantId}' ${inOrder}`,
    );
    let deleted = 0;
    let found: { ctid: string }[];
    do {
      found = await manager.query(`FETCH ${CHUNK} FROM owned`);
      if (found.length === 0) break;
      // A place names a row within one partition only, so the tenant is asked for again.
      deleted += await execute(manager, `DELETE FROM ${name} WHERE ${tenantColumn} = $1 AND ctid = ANY ($2::tid[])`, [
        tenantId,
        found.map(({ ctid }) => ctid),
      ]);
    } while (found.length === CHUNK);
    await manager.query('CLOSE owned');
    // Rows that another transaction moved or added meanwhile.
    return deleted + (await this.emptyAtOnce(manager, { name, tenantColumn }, tenantId));
  }

  private async emptyAtOnce(
    manager: EntityManager,
    { name, tenantColumn }: OwnedTable,
    tenantId: string,
  ): Promise<number> {
    return execute(manager, `DELETE FROM ${name} WHERE ${tenantColumn} = $1`, [tenantId]);
  }

  /** The queue makes its tables when it first starts. */
  private async hasQueue(manager: EntityManager): Promise<boolean> {
    const [row]: { there: boolean }[] = await manager.query(`SELECT to_regclass($1) IS NOT NULL AS there`, [QUEUE]);
    return row?.there ?? false;
  }
}

const DELETE_COUNTERS = `
  DELETE FROM ${COUNTERS} WHERE tenant_id = $1 AND ctid = ANY (ARRAY(
    SELECT ctid FROM ${COUNTERS} WHERE tenant_id = $1 FOR UPDATE SKIP LOCKED))`;

function countOf(name: string, table: string, condition: string): string {
  return `SELECT '${name}' AS name, count(*)::int AS rows FROM ${table} WHERE ${condition}`;
}

/** How many rows a statement deleted. */
async function execute(manager: EntityManager, statement: string, values: unknown[]): Promise<number> {
  const [, affected]: [unknown, number] = await manager.query(statement, values);
  return affected;
}
