import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Tenants that were deleted a short while ago, for the sweep of what was on its way to them at that moment. Not
 * tenant-owned: a tenant that is gone owns nothing, and only Mira's own login reads it.
 */
export class DeletedTenants1795300000009 implements MigrationInterface {
  readonly name = 'DeletedTenants1795300000009';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE deleted_tenants (
        tenant_id uuid PRIMARY KEY,
        deleted_at timestamptz NOT NULL DEFAULT now()
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE deleted_tenants');
  }
}
