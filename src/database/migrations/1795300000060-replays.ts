import type { MigrationInterface, QueryRunner } from 'typeorm';
import { protectTenantTable } from '../tenant-owned';

/** What operators need: replays and redrives, a word for why a delivery was given up, and bodies that can be searched. */
export class Replays1795300000060 implements MigrationInterface {
  readonly name = 'Replays1795300000060';

  async up(runner: QueryRunner): Promise<void> {
    // The first of the two is there already where the books are kept.
    await runner.query(`
      ALTER TABLE deliveries
        ADD COLUMN IF NOT EXISTS replay_id uuid,
        ADD COLUMN cause text`);
    await runner.query(`UPDATE deliveries SET cause = 'unknown' WHERE status = 'dead'`);
    await runner.query(
      'CREATE INDEX deliveries_replay_idx ON deliveries (tenant_id, replay_id) WHERE replay_id IS NOT NULL',
    );
    await runner.query('ALTER TABLE routes ADD COLUMN for_replays boolean NOT NULL DEFAULT false');
    await this.createReplays(runner);
    await this.createTextOf(runner);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP FUNCTION text_of_body(bytea)');
    await runner.query('DROP TABLE replays');
    await runner.query('ALTER TABLE routes DROP COLUMN for_replays');
    await runner.query('DROP INDEX deliveries_replay_idx');
    await runner.query('ALTER TABLE deliveries DROP COLUMN cause');
  }

  /** `position` is the last id that was dealt with; `up_to` keeps what comes later out of it. */
  private async createReplays(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE replays (
        tenant_id uuid NOT NULL,
        id uuid NOT NULL,
        kind text NOT NULL CHECK (kind IN ('replay', 'redrive')),
        selection jsonb NOT NULL,
        route_id uuid,
        rate_per_second integer NOT NULL CHECK (rate_per_second BETWEEN 1 AND 100),
        reason text,
        state text NOT NULL DEFAULT 'running' CHECK (state IN ('running', 'done', 'cancelled', 'failed')),
        failure text,
        total integer,
        processed integer NOT NULL DEFAULT 0,
        created integer NOT NULL DEFAULT 0,
        position uuid,
        up_to uuid NOT NULL,
        next_start_at timestamptz NOT NULL,
        requested_by uuid,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        completed_at timestamptz,
        PRIMARY KEY (tenant_id, id)
      )`);
    await runner.query(`CREATE INDEX replays_running_idx ON replays (id) WHERE state = 'running'`);
    await protectTenantTable(runner, 'replays');
  }

  /**
   * A body as text to search in. What is no UTF-8 is shown as PostgreSQL escapes it, so that what is ASCII in it is
   * found all the same: a search must not fail for what somebody sent.
   */
  private async createTextOf(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE FUNCTION text_of_body(body bytea) RETURNS text
      LANGUAGE plpgsql IMMUTABLE STRICT SET search_path = pg_catalog, pg_temp AS $$
      BEGIN
        RETURN convert_from(body, 'UTF8');
      EXCEPTION WHEN character_not_in_repertoire OR untranslatable_character THEN
        RETURN encode(body, 'escape');
      END $$`);
  }
}
