import type { MigrationInterface, QueryRunner } from 'typeorm';
import { ownedTables } from '../owned-tables';
import { tenantScope } from '../tenant-owned';

/** Every policy that was made before `tenantScope` read the ids once a statement. */
export class TenantScope1795300000090 implements MigrationInterface {
  readonly name = 'TenantScope1795300000090';

  async up(runner: QueryRunner): Promise<void> {
    await this.alterAll(runner, tenantScope);
  }

  async down(runner: QueryRunner): Promise<void> {
    await this.alterAll(
      runner,
      (column) => `${column}::text = ANY (string_to_array(current_setting('app.tenant_id', true), ','))`,
    );
  }

  private async alterAll(runner: QueryRunner, scope: (tenantColumn: string) => string): Promise<void> {
    for (const { name, tenantColumn } of await ownedTables(runner.manager)) {
      const inScope = scope(tenantColumn);
      await runner.query(`ALTER POLICY tenant_scope ON ${name} USING (${inScope}) WITH CHECK (${inScope})`);
    }
  }
}
