import type { QueryRunner } from 'typeorm';
import { TENANT_ROLE } from './tenant.database';

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
  // Compared as text, so that it is a filter and no index condition: as one, and without statistics, it makes the planner
  // read all of a tenant's rows by the first column of an index, where the statement's own condition finds a single one.
  const inScope = `${tenantColumn}::text = ANY (string_to_array(current_setting('app.tenant_id', true), ','))`;
  await runner.query(`ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY`);
  await runner.query(
    `CREATE POLICY tenant_scope ON ${table} TO ${TENANT_ROLE} USING (${inScope}) WITH CHECK (${inScope})`,
  );
  await runner.query(`GRANT ${grants} ON ${table} TO ${TENANT_ROLE}`);
}
