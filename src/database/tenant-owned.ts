import type { QueryRunner } from 'typeorm';
import { TENANT_ROLE } from './tenant.role';

/**
 * Puts a table under row-level security: the tenant role sees and writes only rows of the tenants that
 * `app.tenant_id` names (one id, or several with commas for a group commit). Nothing set means no rows.
 * `tenantColumn` is the column that says whose a row is; `grants` is what the tenant role may do with its own rows.
 */
export async function protectTenantTable(
  runner: QueryRunner,
  table: string,
  { tenantColumn = 'tenant_id', grants = 'SELECT, INSERT, UPDATE, DELETE' } = {},
): Promise<void> {
  const inScope = tenantScope(tenantColumn);
  await runner.query(`ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY`);
  await runner.query(
    `CREATE POLICY tenant_scope ON ${table} TO ${TENANT_ROLE} USING (${inScope}) WITH CHECK (${inScope})`,
  );
  await runner.query(`GRANT ${grants} ON ${table} TO ${TENANT_ROLE}`);
}

/**
 * The condition of the policy. Its ids are read once a statement, in a subquery, not once a row. `CASE` keeps it a filter:
 * as an index condition, and without statistics, it makes the planner read all of a tenant's rows by the first column of an
 * index, where the statement's own condition finds a single one. And it leaves the planner's guess of how many rows there
 * are alone, but for a half: what it can see into it takes to hold for one tenant in all, and among 10,000 tenants it then
 * expected a thousand rows of a million, and read and sorted the whole table for a page of 50. The figures are in ADR 0009.
 * Without `isReadOnce` there is no subquery, and the ids are read anew for each row.
 */
export function tenantScope(tenantColumn: string, { isReadOnce = true } = {}): string {
  const ids = "string_to_array(current_setting('app.tenant_id', true), ',')::uuid[]";
  const set = isReadOnce ? `(SELECT ${ids})::uuid[]` : ids;
  return `CASE WHEN ${tenantColumn} = ANY (${set}) THEN true ELSE false END`;
}
