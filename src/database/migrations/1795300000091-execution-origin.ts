import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Where the execution of a delivery runs, whatever its route leads to by then, and when n8n was told to run it once
 * more. The indexes find a delivery by its execution, and what is due of each integration without passing over all
 * that is due of another.
 */
export class ExecutionOrigin1795300000091 implements MigrationInterface {
  readonly name = 'ExecutionOrigin1795300000091';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE deliveries
        ADD COLUMN execution_integration_id uuid,
        ADD COLUMN execution_workflow_id text,
        ADD COLUMN execution_retry_since timestamptz,
        ADD COLUMN execution_told_at timestamptz`);
    await runner.query(`
      UPDATE deliveries d SET execution_integration_id = r.integration_id, execution_workflow_id = r.workflow_id
      FROM routes r
      WHERE r.tenant_id = d.tenant_id AND r.id = d.route_id AND (d.confirm_at IS NOT NULL OR d.status = 'failed')`);
    await runner.query(`
      CREATE INDEX deliveries_execution_idx ON deliveries (tenant_id, execution_id) WHERE execution_id IS NOT NULL`);
    await runner.query('DROP INDEX deliveries_confirm_idx');
    await runner.query(`
      CREATE INDEX deliveries_confirm_idx ON deliveries (execution_integration_id, confirm_at)
      WHERE confirm_at IS NOT NULL`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX deliveries_execution_idx, deliveries_confirm_idx');
    await runner.query('CREATE INDEX deliveries_confirm_idx ON deliveries (confirm_at) WHERE confirm_at IS NOT NULL');
    await runner.query(`
      ALTER TABLE deliveries
        DROP COLUMN execution_integration_id,
        DROP COLUMN execution_workflow_id,
        DROP COLUMN execution_retry_since,
        DROP COLUMN execution_told_at`);
  }
}
