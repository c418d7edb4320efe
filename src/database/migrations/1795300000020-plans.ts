import type { MigrationInterface, QueryRunner } from 'typeorm';
import { protectTenantTable } from '../tenant-owned';

/** What a tenant was granted besides its tier, what it used, and which deliveries were counted as workflows. */
export class Plans1795300000020 implements MigrationInterface {
  readonly name = 'Plans1795300000020';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE plan_overrides (
        tenant_id uuid NOT NULL REFERENCES tenants (id),
        name text NOT NULL,
        max integer CHECK (max >= -1),
        granted boolean,
        ends_at timestamptz,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (tenant_id, name),
        CHECK ((max IS NULL) <> (granted IS NULL))
      )`);
    // A tenant sees what was agreed with it, and changes nothing of it.
    await protectTenantTable(runner, 'plan_overrides', { grants: 'SELECT' });
    // No foreign key: what is received for a tenant that has just gone must not fail the others of its group.
    await runner.query(`
      CREATE TABLE usage_counters (
        tenant_id uuid NOT NULL,
        metric text NOT NULL,
        period text NOT NULL CHECK (period IN ('day', 'month', 'total')),
        starts_on date NOT NULL,
        count bigint NOT NULL,
        PRIMARY KEY (tenant_id, metric, period, starts_on)
      ) WITH (fillfactor = 70)`);
    await protectTenantTable(runner, 'usage_counters');
    await this.countWhatThereIs(runner);
    await runner.query(`
      ALTER TABLE deliveries
        ADD COLUMN workflow_counted boolean NOT NULL DEFAULT false,
        ADD COLUMN held_for text CHECK (held_for IN ('workflow_quota'))`);
    await runner.query(`CREATE INDEX deliveries_held_idx ON deliveries (tenant_id, id) WHERE status = 'held'`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`UPDATE deliveries SET status = 'dead', completed_at = now() WHERE status = 'held'`);
    await runner.query('DROP INDEX deliveries_held_idx');
    await runner.query('ALTER TABLE deliveries DROP COLUMN workflow_counted, DROP COLUMN held_for');
    await runner.query('DROP TABLE usage_counters');
    await runner.query('DROP TABLE plan_overrides');
  }

  /** So that today's quota knows what came before the plans did. */
  private async countWhatThereIs(runner: QueryRunner): Promise<void> {
    const sources = [
      ['users', 'users_created', 'created_at'],
      ['projects', 'projects_created', 'created_at'],
      ['webhook_events', 'webhooks_received', 'received_at'],
    ];
    for (const [table, metric, time] of sources) {
      await runner.query(`
        INSERT INTO usage_counters (tenant_id, metric, period, starts_on, count)
        SELECT tenant_id, '${metric}', period, starts_on, count(*) FROM ${table}, LATERAL (VALUES
          ('day', (${time} AT TIME ZONE 'UTC')::date),
          ('month', date_trunc('month', ${time} AT TIME ZONE 'UTC')::date),
          ('total', DATE '1970-01-01')) AS periods (period, starts_on)
        GROUP BY tenant_id, period, starts_on`);
    }
    await runner.query(`
      INSERT INTO usage_counters (tenant_id, metric, period, starts_on, count)
      SELECT tenant_id, 'integrations_active', period, starts_on, count(*) FROM integrations, (VALUES
        ('day', (now() AT TIME ZONE 'UTC')::date),
        ('month', date_trunc('month', now() AT TIME ZONE 'UTC')::date),
        ('total', DATE '1970-01-01')) AS periods (period, starts_on)
      GROUP BY tenant_id, period, starts_on`);
  }
}
