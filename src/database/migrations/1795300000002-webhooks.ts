import type { MigrationInterface, QueryRunner } from 'typeorm';
import { protectTenantTable } from '../tenant-owned';

/** What receives (endpoints), what is stored (events), where it goes (integrations, routes) and how it went (deliveries, attempts). */
export class Webhooks1795300000002 implements MigrationInterface {
  readonly name = 'Webhooks1795300000002';

  async up(runner: QueryRunner): Promise<void> {
    await this.createEndpoints(runner);
    await this.createRouting(runner);
    await this.createEvents(runner);
    await this.createDeliveries(runner);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of [
      'delivery_attempts',
      'deliveries',
      'webhook_dedup_keys',
      'webhook_events',
      'routes',
      'integrations',
      'webhook_endpoints',
    ]) {
      await runner.query(`DROP TABLE ${table}`);
    }
  }

  private async createEndpoints(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE webhook_endpoints (
        tenant_id uuid NOT NULL REFERENCES tenants (id),
        id uuid NOT NULL,
        service text NOT NULL,
        name text NOT NULL,
        enabled boolean NOT NULL DEFAULT true,
        config jsonb NOT NULL DEFAULT '{}',
        secret bytea NOT NULL,
        previous_secret bytea,
        previous_secret_expires_at timestamptz,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (tenant_id, id),
        CHECK ((previous_secret IS NULL) = (previous_secret_expires_at IS NULL))
      )`);
    // A sender knows the endpoint's id only: it is what names the tenant.
    await runner.query('CREATE UNIQUE INDEX webhook_endpoints_id_key ON webhook_endpoints (id)');
    await protectTenantTable(runner, 'webhook_endpoints');
  }

  private async createRouting(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE integrations (
        tenant_id uuid NOT NULL REFERENCES tenants (id),
        id uuid NOT NULL,
        kind text NOT NULL CHECK (kind IN ('n8n', 'http')),
        name text NOT NULL,
        base_url text NOT NULL,
        api_key bytea,
        signing_secret bytea NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (tenant_id, id)
      )`);
    await protectTenantTable(runner, 'integrations');
    await runner.query(`
      CREATE TABLE routes (
        tenant_id uuid NOT NULL REFERENCES tenants (id),
        id uuid NOT NULL,
        name text NOT NULL,
        service text NOT NULL,
        event_types text[] NOT NULL DEFAULT '{}',
        target_kind text NOT NULL CHECK (target_kind IN ('n8n', 'agent')),
        integration_id uuid,
        workflow_id text,
        webhook_path text,
        agent_name text,
        enabled boolean NOT NULL DEFAULT true,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (tenant_id, id),
        FOREIGN KEY (tenant_id, integration_id) REFERENCES integrations (tenant_id, id),
        CHECK (CASE target_kind
          WHEN 'n8n' THEN integration_id IS NOT NULL AND agent_name IS NULL
            AND (workflow_id IS NULL) <> (webhook_path IS NULL)
          WHEN 'agent' THEN agent_name IS NOT NULL AND integration_id IS NULL
            AND workflow_id IS NULL AND webhook_path IS NULL
        END)
      )`);
    await runner.query('CREATE INDEX routes_service_idx ON routes (tenant_id, service) WHERE enabled');
    await runner.query('CREATE INDEX routes_integration_idx ON routes (tenant_id, integration_id)');
    await protectTenantTable(runner, 'routes');
  }

  private async createEvents(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE webhook_events (
        tenant_id uuid NOT NULL,
        id uuid NOT NULL,
        endpoint_id uuid,
        service text NOT NULL,
        event_type text,
        dedup_key text,
        content_type text,
        headers jsonb NOT NULL,
        body bytea NOT NULL,
        trace_parent text,
        received_at timestamptz NOT NULL,
        PRIMARY KEY (tenant_id, id)
      )`);
    await protectTenantTable(runner, 'webhook_events');
    // Apart from the events, so that a key can be free again after its days while the event is kept.
    await runner.query(`
      CREATE TABLE webhook_dedup_keys (
        tenant_id uuid NOT NULL,
        scope text NOT NULL,
        dedup_key text NOT NULL,
        proof_hash bytea,
        event_id uuid NOT NULL,
        received_at timestamptz NOT NULL,
        PRIMARY KEY (tenant_id, scope, dedup_key)
      )`);
    await runner.query(`
      CREATE UNIQUE INDEX webhook_dedup_keys_proof_key ON webhook_dedup_keys (tenant_id, scope, proof_hash)
      WHERE proof_hash IS NOT NULL`);
    await runner.query('CREATE INDEX webhook_dedup_keys_received_idx ON webhook_dedup_keys USING brin (received_at)');
    await protectTenantTable(runner, 'webhook_dedup_keys');
  }

  private async createDeliveries(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE deliveries (
        tenant_id uuid NOT NULL,
        id uuid NOT NULL,
        event_id uuid NOT NULL,
        route_id uuid,
        agent_name text,
        status text NOT NULL DEFAULT 'queued' CHECK (status IN ('queued', 'delivered', 'held', 'dead')),
        attempt_count integer NOT NULL DEFAULT 0,
        rejection_count integer NOT NULL DEFAULT 0,
        next_attempt_at timestamptz,
        reason text,
        created_at timestamptz NOT NULL,
        completed_at timestamptz,
        PRIMARY KEY (tenant_id, id),
        CHECK ((route_id IS NULL) <> (agent_name IS NULL))
      )`);
    await runner.query('CREATE INDEX deliveries_event_idx ON deliveries (tenant_id, event_id)');
    await runner.query(
      `CREATE INDEX deliveries_open_idx ON deliveries (tenant_id, status, id) WHERE status <> 'delivered'`,
    );
    await protectTenantTable(runner, 'deliveries');
    await runner.query(`
      CREATE TABLE delivery_attempts (
        tenant_id uuid NOT NULL,
        delivery_id uuid NOT NULL,
        number integer NOT NULL CHECK (number > 0),
        started_at timestamptz NOT NULL,
        duration_ms double precision NOT NULL,
        outcome text NOT NULL,
        reason text,
        status_code integer,
        response_headers jsonb,
        response_body bytea,
        PRIMARY KEY (tenant_id, delivery_id, number)
      )`);
    await protectTenantTable(runner, 'delivery_attempts');
  }
}
