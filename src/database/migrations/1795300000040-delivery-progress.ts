import type { MigrationInterface, QueryRunner } from 'typeorm';
import { protectTenantTable } from '../tenant-owned';

/**
 * How far a delivery came, beyond the answer to its request: what holds it, what its execution came to, and its place
 * where a route keeps the order.
 */
export class DeliveryProgress1795300000040 implements MigrationInterface {
  readonly name = 'DeliveryProgress1795300000040';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE deliveries
        DROP CONSTRAINT deliveries_status_check,
        ADD CONSTRAINT deliveries_status_check CHECK (status IN ('queued', 'held', 'accepted', 'running', 'succeeded',
          'failed', 'unknown', 'delivered', 'dead', 'set_aside')),
        DROP CONSTRAINT deliveries_held_for_check,
        ADD COLUMN attempting_since timestamptz,
        ADD COLUMN held_attempts integer NOT NULL DEFAULT 0,
        ADD COLUMN position bigint,
        ADD COLUMN execution_id text,
        ADD COLUMN confirm_at timestamptz,
        ADD COLUMN confirm_count integer NOT NULL DEFAULT 0`);
    await runner.query('DROP INDEX deliveries_open_idx');
    await runner.query(`
      CREATE INDEX deliveries_open_idx ON deliveries (tenant_id, status, id)
      WHERE status NOT IN ('delivered', 'accepted', 'succeeded')`);
    await runner.query('CREATE INDEX deliveries_confirm_idx ON deliveries (confirm_at) WHERE confirm_at IS NOT NULL');
    // Of an ordered route only what still stands in the way of those behind it: to find the first must stay cheap.
    await runner.query(`
      CREATE INDEX deliveries_position_idx ON deliveries (tenant_id, route_id, position)
      WHERE position IS NOT NULL AND status IN ('queued', 'held', 'dead')`);
    await runner.query(`
      CREATE INDEX deliveries_unplaced_idx ON deliveries (tenant_id, route_id)
      WHERE position IS NULL AND status = 'held' AND held_for = 'order'`);
    await runner.query(`
      CREATE INDEX deliveries_held_for_idx ON deliveries (tenant_id, route_id, held_for, id) WHERE status = 'held'`);
    await this.extendRoutes(runner);
    await this.createHolds(runner);
    await this.createExecutions(runner);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE delivery_executions');
    await runner.query('DROP TABLE holds');
    await runner.query('DROP TABLE route_positions');
    await runner.query(`
      ALTER TABLE routes DROP COLUMN filter, DROP COLUMN paused_at, DROP COLUMN ordered, DROP COLUMN execution_retries`);
    await runner.query(`DROP INDEX deliveries_confirm_idx, deliveries_position_idx, deliveries_open_idx,
      deliveries_unplaced_idx, deliveries_held_for_idx`);
    await runner.query(`
      UPDATE deliveries SET status = 'dead', held_for = NULL, completed_at = coalesce(completed_at, now())
      WHERE status IN ('failed', 'unknown', 'set_aside') OR (status = 'held' AND held_for <> 'workflow_quota')`);
    await runner.query(`
      UPDATE deliveries SET status = 'delivered', completed_at = coalesce(completed_at, now())
      WHERE status IN ('accepted', 'running', 'succeeded')`);
    await runner.query(`
      ALTER TABLE deliveries
        DROP CONSTRAINT deliveries_status_check,
        ADD CONSTRAINT deliveries_status_check CHECK (status IN ('queued', 'delivered', 'held', 'dead')),
        ADD CONSTRAINT deliveries_held_for_check CHECK (held_for IN ('workflow_quota')),
        DROP COLUMN attempting_since,
        DROP COLUMN held_attempts,
        DROP COLUMN position,
        DROP COLUMN execution_id,
        DROP COLUMN confirm_at,
        DROP COLUMN confirm_count`);
    await runner.query(
      `CREATE INDEX deliveries_open_idx ON deliveries (tenant_id, status, id) WHERE status <> 'delivered'`,
    );
  }

  private async extendRoutes(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE routes
        ADD COLUMN filter text,
        ADD COLUMN paused_at timestamptz,
        ADD COLUMN ordered boolean NOT NULL DEFAULT false,
        ADD COLUMN execution_retries integer NOT NULL DEFAULT 0 CHECK (execution_retries BETWEEN 0 AND 5)`);
    // Apart from the routes: whoever changes a route must not wait for those who receive, nor they for each other.
    await runner.query(`
      CREATE TABLE route_positions (
        tenant_id uuid NOT NULL,
        route_id uuid NOT NULL,
        last bigint NOT NULL,
        PRIMARY KEY (tenant_id, route_id)
      ) WITH (fillfactor = 70)`);
    await protectTenantTable(runner, 'route_positions');
  }

  /** What keeps deliveries from being attempted: of one route, or of all that go to one integration. */
  private async createHolds(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE holds (
        tenant_id uuid NOT NULL,
        scope text NOT NULL CHECK (scope IN ('route', 'integration')),
        target_id uuid NOT NULL,
        reason text NOT NULL,
        detail text NOT NULL,
        since timestamptz NOT NULL DEFAULT now(),
        probe_at timestamptz NOT NULL,
        probe_count integer NOT NULL DEFAULT 0,
        probe_delivery_id uuid,
        PRIMARY KEY (tenant_id, scope, target_id)
      )`);
    await runner.query('CREATE INDEX holds_probe_idx ON holds (probe_at)');
    await protectTenantTable(runner, 'holds');
  }

  /** The executions that a delivery led to: the one that its request started, and those that n8n made of it again. */
  private async createExecutions(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE delivery_executions (
        tenant_id uuid NOT NULL,
        delivery_id uuid NOT NULL,
        number integer NOT NULL CHECK (number > 0),
        execution_id text NOT NULL,
        how text NOT NULL CHECK (how IN ('webhook', 'retry')),
        status text NOT NULL,
        started_at timestamptz,
        stopped_at timestamptz,
        error text,
        PRIMARY KEY (tenant_id, delivery_id, number)
      )`);
    await protectTenantTable(runner, 'delivery_executions');
  }
}
