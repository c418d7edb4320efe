import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Integrations of kind `http`, with headers of their own, and routes that lead there. Besides, a signing secret that
 * was rotated signs on for a while, whatever the kind.
 */
export class HttpIntegrations1795300000055 implements MigrationInterface {
  readonly name = 'HttpIntegrations1795300000055';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE integrations
        ADD COLUMN headers bytea,
        ADD COLUMN header_names text[] NOT NULL DEFAULT '{}',
        ADD COLUMN previous_signing_secret bytea,
        ADD COLUMN previous_signing_secret_expires_at timestamptz,
        ADD CONSTRAINT integrations_headers_check CHECK ((headers IS NULL) = (header_names = '{}')),
        ADD CONSTRAINT integrations_kind_settings_check
          CHECK (CASE kind WHEN 'n8n' THEN headers IS NULL WHEN 'http' THEN api_key IS NULL END),
        ADD CONSTRAINT integrations_previous_signing_secret_check
          CHECK ((previous_signing_secret IS NULL) = (previous_signing_secret_expires_at IS NULL))`);
    await runner.query(`
      ALTER TABLE routes
        DROP CONSTRAINT routes_target_kind_check,
        DROP CONSTRAINT routes_check,
        ADD CONSTRAINT routes_target_kind_check CHECK (target_kind IN ('n8n', 'http', 'agent')),
        ADD CONSTRAINT routes_check CHECK (CASE target_kind
          WHEN 'n8n' THEN integration_id IS NOT NULL AND agent_name IS NULL
            AND (workflow_id IS NULL) <> (webhook_path IS NULL)
          WHEN 'http' THEN integration_id IS NOT NULL AND agent_name IS NULL
            AND workflow_id IS NULL AND webhook_path IS NULL
          WHEN 'agent' THEN agent_name IS NOT NULL AND integration_id IS NULL
            AND workflow_id IS NULL AND webhook_path IS NULL
        END)`);
  }

  /** What was before could neither call such integrations nor show them. */
  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DELETE FROM routes WHERE target_kind = 'http'`);
    await runner.query(`DELETE FROM integrations WHERE kind = 'http'`);
    await runner.query(`
      ALTER TABLE routes
        DROP CONSTRAINT routes_target_kind_check,
        DROP CONSTRAINT routes_check,
        ADD CONSTRAINT routes_target_kind_check CHECK (target_kind IN ('n8n', 'agent')),
        ADD CONSTRAINT routes_check CHECK (CASE target_kind
          WHEN 'n8n' THEN integration_id IS NOT NULL AND agent_name IS NULL
            AND (workflow_id IS NULL) <> (webhook_path IS NULL)
          WHEN 'agent' THEN agent_name IS NOT NULL AND integration_id IS NULL
            AND workflow_id IS NULL AND webhook_path IS NULL
        END)`);
    await runner.query(`
      ALTER TABLE integrations
        DROP CONSTRAINT integrations_headers_check,
        DROP CONSTRAINT integrations_kind_settings_check,
        DROP CONSTRAINT integrations_previous_signing_secret_check,
        DROP COLUMN headers,
        DROP COLUMN header_names,
        DROP COLUMN previous_signing_secret,
        DROP COLUMN previous_signing_secret_expires_at`);
  }
}
