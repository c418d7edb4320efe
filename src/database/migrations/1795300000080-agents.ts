import type { MigrationInterface, QueryRunner } from 'typeorm';
import { protectTenantTable } from '../tenant-owned';

/**
 * How a tenant has an agent: switched off, or with settings of its own. An agent without a row is on, with its defaults.
 * Beside them the events that an agent's handler has done its work for, so that it does it once.
 */
export class Agents1795300000080 implements MigrationInterface {
  readonly name = 'Agents1795300000080';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE agent_settings (
        tenant_id uuid NOT NULL REFERENCES tenants (id),
        agent_name text NOT NULL,
        enabled boolean NOT NULL,
        config jsonb NOT NULL,
        updated_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (tenant_id, agent_name)
      )`);
    await protectTenantTable(runner, 'agent_settings');
    await runner.query(`
      CREATE TABLE agent_handled_events (
        tenant_id uuid NOT NULL REFERENCES tenants (id),
        event_id uuid NOT NULL,
        agent_name text NOT NULL,
        handled_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (tenant_id, event_id, agent_name)
      )`);
    await protectTenantTable(runner, 'agent_handled_events', { grants: 'SELECT, INSERT' });
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE agent_handled_events');
    await runner.query('DROP TABLE agent_settings');
  }
}
