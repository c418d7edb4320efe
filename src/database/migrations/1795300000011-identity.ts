import type { MigrationInterface, QueryRunner } from 'typeorm';
import { protectTenantTable } from '../tenant-owned';

/** Sessions and their refresh tokens, failed sign-ins, and what an API key may be narrowed to. */
export class Identity1795300000011 implements MigrationInterface {
  readonly name = 'Identity1795300000011';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE api_keys
        ADD COLUMN allowed_networks text[] CHECK (cardinality(allowed_networks) > 0),
        ADD COLUMN last_used_at timestamptz,
        ADD COLUMN previous_key_hash bytea CHECK (length(previous_key_hash) = 32),
        ADD COLUMN previous_expires_at timestamptz,
        ADD CHECK ((previous_key_hash IS NULL) = (previous_expires_at IS NULL))`);
    await runner.query(
      'CREATE UNIQUE INDEX api_keys_previous_hash_key ON api_keys (previous_key_hash) WHERE previous_key_hash IS NOT NULL',
    );
    await runner.query('CREATE INDEX users_id_idx ON users (id)');
    await runner.query(`
      CREATE TABLE sessions (
        tenant_id uuid NOT NULL,
        id uuid NOT NULL,
        user_id uuid NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        expires_at timestamptz NOT NULL,
        ended_at timestamptz,
        PRIMARY KEY (tenant_id, id),
        FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id) ON DELETE CASCADE
      )`);
    await runner.query('CREATE INDEX sessions_user_idx ON sessions (tenant_id, user_id)');
    await runner.query('CREATE INDEX sessions_expiry_idx ON sessions (expires_at)');
    await protectTenantTable(runner, 'sessions');
    await runner.query(`
      CREATE TABLE refresh_tokens (
        tenant_id uuid NOT NULL,
        id uuid NOT NULL,
        session_id uuid NOT NULL,
        token_hash bytea NOT NULL CHECK (length(token_hash) = 32),
        created_at timestamptz NOT NULL DEFAULT now(),
        expires_at timestamptz NOT NULL,
        used_at timestamptz,
        PRIMARY KEY (tenant_id, id),
        FOREIGN KEY (tenant_id, session_id) REFERENCES sessions (tenant_id, id) ON DELETE CASCADE
      )`);
    await runner.query('CREATE UNIQUE INDEX refresh_tokens_hash_key ON refresh_tokens (token_hash)');
    await runner.query('CREATE INDEX refresh_tokens_session_idx ON refresh_tokens (tenant_id, session_id)');
    await runner.query('CREATE INDEX refresh_tokens_expiry_idx ON refresh_tokens (expires_at)');
    await protectTenantTable(runner, 'refresh_tokens');
    // Not tenant-owned: a name that somebody tries may be nobody's. Hashed, for people type passwords where names belong.
    await runner.query(`
      CREATE TABLE sign_in_failures (
        subject bytea PRIMARY KEY CHECK (length(subject) = 32),
        failures integer NOT NULL,
        failed_at timestamptz NOT NULL,
        blocked_until timestamptz NOT NULL
      ) WITH (fillfactor = 70)`);
    await runner.query('CREATE INDEX sign_in_failures_age_idx ON sign_in_failures (failed_at)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE sign_in_failures');
    await runner.query('DROP TABLE refresh_tokens');
    await runner.query('DROP TABLE sessions');
    await runner.query('DROP INDEX users_id_idx');
    await runner.query(`
      ALTER TABLE api_keys
        DROP COLUMN previous_expires_at,
        DROP COLUMN previous_key_hash,
        DROP COLUMN last_used_at,
        DROP COLUMN allowed_networks`);
  }
}
