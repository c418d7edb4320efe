import type { MigrationInterface, QueryRunner } from 'typeorm';

/** How often in a row a replay has failed, and indexes for lists of deliveries. */
export class FairReplays1795300000092 implements MigrationInterface {
  readonly name = 'FairReplays1795300000092';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE replays ADD COLUMN failed_steps integer NOT NULL DEFAULT 0');
    await runner.query('CREATE INDEX deliveries_route_idx ON deliveries (tenant_id, route_id, id)');
    // Of the states that most deliveries end in, the one that few of a tenant's are in where n8n can be asked for the end.
    await runner.query(`CREATE INDEX deliveries_accepted_idx ON deliveries (tenant_id, id) WHERE status = 'accepted'`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX deliveries_accepted_idx, deliveries_route_idx');
    await runner.query('ALTER TABLE replays DROP COLUMN failed_steps');
  }
}
