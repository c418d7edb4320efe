import type { MigrationInterface, QueryRunner } from 'typeorm';
import { protectTenantTable } from '../tenant-owned';

/**
 * How much of a tenant retention took away, and up to which event, so that the books can be checked without it; and who
 * of several processes does so at the moment.
 */
export class EventRemovals1795300000113 implements MigrationInterface {
  readonly name = 'EventRemovals1795300000113';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE event_removals (
        tenant_id uuid PRIMARY KEY REFERENCES tenants (id),
        up_to uuid NOT NULL,
        stored bigint NOT NULL CHECK (stored >= 0),
        workflows bigint NOT NULL CHECK (workflows >= 0)
      )`);
    await protectTenantTable(runner, 'event_removals', { grants: 'SELECT' });
    await runner.query(`
      CREATE TABLE turns (
        name text PRIMARY KEY,
        holder uuid NOT NULL,
        expires_at timestamptz NOT NULL
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE turns');
    await runner.query('DROP TABLE event_removals');
  }
}
