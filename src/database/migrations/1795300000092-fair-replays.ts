import type { MigrationInterface, QueryRunner } from 'typeorm';

/** How often in a row a replay has failed, and indexes for lists of deliveries. */
export class FairReplays1795300000092 implements MigrationInterface {
  readonly name = 'FairReplays1795300000092';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE replays ADD COLUMN failed_steps integer NOT NULL DEFAULT 0');
    await runner.query('CREATE INDEX deliveries_route_idx ON deliveries (tenant_id, route_id, id)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX deliveries_route_idx');
    await runner.query('ALTER TABLE replays DROP COLUMN failed_steps');
  }
}
