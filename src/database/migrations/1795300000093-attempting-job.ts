import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Which job an attempt is made for, so that a second job for the same attempt makes no second one of it; and an index of
 * what the plan holds back, which is looked at again and again.
 */
export class AttemptingJob1795300000093 implements MigrationInterface {
  readonly name = 'AttemptingJob1795300000093';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE deliveries ADD COLUMN attempting_job uuid');
    await runner.query(`
      CREATE INDEX deliveries_over_quota_idx ON deliveries (tenant_id, id)
      WHERE status = 'held' AND held_for = 'workflow_quota'`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX deliveries_over_quota_idx');
    await runner.query('ALTER TABLE deliveries DROP COLUMN attempting_job');
  }
}
