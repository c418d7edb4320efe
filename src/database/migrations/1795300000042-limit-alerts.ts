import type { MigrationInterface, QueryRunner } from 'typeorm';
import { protectTenantTable } from '../tenant-owned';

/** Which alerts were given of limits that are nearly or all used up, so that each is given once. */
export class LimitAlerts1795300000042 implements MigrationInterface {
  readonly name = 'LimitAlerts1795300000042';

  async up(runner: QueryRunner): Promise<void> {
    // The maximum is a part of the key: of another one nothing was said yet.
    await runner.query(`
      CREATE TABLE limit_alerts (
        tenant_id uuid NOT NULL,
        limit_name text NOT NULL,
        starts_on date NOT NULL,
        threshold_percent integer NOT NULL,
        max integer NOT NULL,
        used bigint NOT NULL,
        given_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (tenant_id, limit_name, starts_on, threshold_percent, max)
      )`);
    await protectTenantTable(runner, 'limit_alerts', { grants: 'SELECT, INSERT' });
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE limit_alerts');
  }
}
