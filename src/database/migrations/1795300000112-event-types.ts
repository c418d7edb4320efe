import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Finds events of a type, however rare it is. */
export class EventTypes1795300000112 implements MigrationInterface {
  readonly name = 'EventTypes1795300000112';
  /** Made beside those who write, and not in a transaction; what an earlier try left half done is made anew. */
  readonly transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    // It blocks nobody, so it may wait for those who were there before it.
    await runner.query('SET lock_timeout = 0');
    await runner.query('DROP INDEX CONCURRENTLY IF EXISTS webhook_events_type_idx');
    await runner.query(
      'CREATE INDEX CONCURRENTLY webhook_events_type_idx ON webhook_events (tenant_id, event_type, id)',
    );
    await runner.query('RESET lock_timeout');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX webhook_events_type_idx');
  }
}
