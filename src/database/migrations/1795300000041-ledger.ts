import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What lets the books be checked from the database alone: how many deliveries an event was given when it was stored,
 * which of them came later by a replay, and which were counted as workflows.
 */
export class Ledger1795300000041 implements MigrationInterface {
  readonly name = 'Ledger1795300000041';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE webhook_events ADD COLUMN routed_count smallint CHECK (routed_count >= 0)');
    await runner.query('ALTER TABLE deliveries ADD COLUMN replay_id uuid');
    // Of what was stored before nobody wrote down what was planned: it is taken at its word.
    await runner.query(`
      UPDATE webhook_events e SET routed_count =
        (SELECT count(*) FROM deliveries d WHERE d.tenant_id = e.tenant_id AND d.event_id = e.id)`);
    await markWorkflows(runner);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE deliveries DROP COLUMN replay_id');
    await runner.query('ALTER TABLE webhook_events DROP COLUMN routed_count');
  }
}

/**
 * Deliveries of tenants without a limit were counted and not marked. As many are marked as were counted, those first
 * that surely went to a workflow, the newest first, for what came before there were counters was not counted.
 */
async function markWorkflows(runner: QueryRunner): Promise<void> {
  await runner.query(`
    WITH counted AS (
      SELECT u.tenant_id, u.count - (
        SELECT count(*) FROM deliveries d WHERE d.tenant_id = u.tenant_id AND d.workflow_counted) AS unmarked
      FROM usage_counters u WHERE u.metric = 'workflows_executed' AND u.period = 'total'
    ), candidates AS (
      SELECT d.tenant_id, d.id, row_number() OVER (PARTITION BY d.tenant_id ORDER BY r.id IS NULL, d.id DESC) AS place
      FROM deliveries d LEFT JOIN routes r ON r.tenant_id = d.tenant_id AND r.id = d.route_id
      WHERE d.attempt_count > 0 AND d.route_id IS NOT NULL AND NOT d.workflow_counted
        AND (r.id IS NULL OR r.target_kind = 'n8n')
    )
    UPDATE deliveries d SET workflow_counted = true
    FROM candidates JOIN counted ON counted.tenant_id = candidates.tenant_id
    WHERE d.tenant_id = candidates.tenant_id AND d.id = candidates.id AND place <= unmarked`);
}
