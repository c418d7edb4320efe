import type { MigrationInterface, QueryRunner } from 'typeorm';
import { protectTenantTable } from '../tenant-owned';

/** How much of a tenant retention took away, so that the books can be checked without it. */
export class EventRemovals1795300000113 implements MigrationInterface {
  readonly name = 'EventRemovals1795300000113';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE event_removals (
        tenant_id uuid PRIMARY KEY REFERENCES tenants (id),
        up_to uuid NOT NULL,
        stored bigint NOT NULL CHECK (stored >= 0),
        own_events bigint NOT NULL CHECK (own_events >= 0),
        deliveries bigint NOT NULL CHECK (deliveries >= 0),
        workflows bigint NOT NULL CHECK (workflows >= 0),
        removed_at timestamptz NOT NULL
      )`);
    await protectTenantTable(runner, 'event_removals', { grants: 'SELECT' });
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE event_removals');
  }
}
