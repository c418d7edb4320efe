import type { MigrationInterface, QueryRunner } from 'typeorm';
import { protectTenantTable } from '../tenant-owned';

/** Projects of a tenant. The event that made one is remembered, so that a repeated delivery makes no second. */
export class Projects1795300000004 implements MigrationInterface {
  readonly name = 'Projects1795300000004';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE projects (
        tenant_id uuid NOT NULL REFERENCES tenants (id),
        id uuid NOT NULL,
        name text NOT NULL CHECK (name <> ''),
        description text,
        source_event_id uuid,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (tenant_id, id)
      )`);
    await runner.query(`
      CREATE UNIQUE INDEX projects_source_event_key ON projects (tenant_id, source_event_id)
      WHERE source_event_id IS NOT NULL`);
    await protectTenantTable(runner, 'projects');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE projects');
  }
}
