import type { MigrationInterface, QueryRunner } from 'typeorm';
import { ownedTables } from '../owned-tables';
import { tenantScope } from '../tenant-owned';

/** Every policy that was made before `tenantScope` left the planner's guess of a tenant's rows alone. */
export class NeutralScope1795300000111 implements MigrationInterface {
  readonly name = 'NeutralScope1795300000111';

  async up(runner: QueryRunner): Promise<void> {
    await this.alterAll(runner, tenantScope);
  }

  async down(runner: QueryRunner): Promise<void> {
    const ids = "SELECT string_to_array(current_setting('app.tenant_id', true), ',')::uuid[]";
    await this.alterAll(runner, (column) => `(${column} = ANY ((${ids})::uuid[])) IS TRUE`);
  }

  private async alterAll(runner: QueryRunner, scope: (tenantColumn: string) => string): Promise<void> {
    for (const { name, tenantColumn } of await ownedTables(runner.manager)) {
      const inScope = scope(tenantColumn);
      await runner.query(`ALTER POLICY tenant_scope ON ${name} USING (${inScope}) WITH CHECK (${inScope})`);
    }
  }
}
