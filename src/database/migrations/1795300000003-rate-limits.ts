import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The shared half of the token buckets. Not tenant-owned: a client may be an address that has no tenant,
 * and only Mira's own login reads it.
 */
export class RateLimits1795300000003 implements MigrationInterface {
  readonly name = 'RateLimits1795300000003';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE rate_limit_buckets (
        client text PRIMARY KEY,
        tokens double precision NOT NULL,
        refilled_at_ms double precision NOT NULL,
        held double precision NOT NULL,
        held_before double precision NOT NULL,
        turn_started_at_ms double precision NOT NULL
      ) WITH (fillfactor = 70)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE rate_limit_buckets');
  }
}
