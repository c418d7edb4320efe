import type { MigrationInterface, QueryRunner } from 'typeorm';
import { protectTenantTable } from '../tenant-owned';

/** Baselines of benchmarks, and how receiving went, minute by minute. */
export class ServiceLevels1795300000100 implements MigrationInterface {
  readonly name = 'ServiceLevels1795300000100';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE benchmark_baselines (
        tenant_id uuid NOT NULL REFERENCES tenants (id),
        name text NOT NULL,
        taken_at timestamptz NOT NULL DEFAULT now(),
        since timestamptz NOT NULL,
        version text NOT NULL,
        snapshot jsonb NOT NULL,
        PRIMARY KEY (tenant_id, name)
      )`);
    await protectTenantTable(runner, 'benchmark_baselines', { grants: 'SELECT, INSERT, DELETE' });
    // Of all tenants together, and nobody's: a minute that has no row is one in which no process was there.
    await runner.query(`
      CREATE TABLE service_minutes (
        minute timestamptz PRIMARY KEY,
        successful bigint NOT NULL,
        failed bigint NOT NULL,
        latencies bigint[] NOT NULL
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE service_minutes');
    await runner.query('DROP TABLE benchmark_baselines');
  }
}
