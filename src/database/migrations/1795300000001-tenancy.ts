import type { MigrationInterface, QueryRunner } from 'typeorm';
import { TENANT_ROLE } from '../tenant.role';
import { protectTenantTable } from '../tenant-owned';

/** The tenant role, tenants, users and API keys. */
export class Tenancy1795300000001 implements MigrationInterface {
  readonly name = 'Tenancy1795300000001';

  async up(runner: QueryRunner): Promise<void> {
    await createTenantRole(runner);
    await runner.query(`
      CREATE TABLE tenants (
        id uuid PRIMARY KEY,
        name text NOT NULL CHECK (name <> ''),
        tier text NOT NULL CHECK (tier IN ('basic', 'professional', 'enterprise')),
        active boolean NOT NULL DEFAULT true,
        is_default boolean NOT NULL DEFAULT false,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now()
      )`);
    await runner.query('CREATE UNIQUE INDEX tenants_default_key ON tenants (is_default) WHERE is_default');
    // A tenant sees itself; its tier and state are not its own to change.
    await protectTenantTable(runner, 'tenants', { tenantColumn: 'id', grants: 'SELECT' });
    await runner.query(`
      CREATE TABLE users (
        tenant_id uuid NOT NULL REFERENCES tenants (id),
        id uuid NOT NULL,
        username text NOT NULL CHECK (username <> ''),
        email text,
        role text NOT NULL CHECK (role IN ('admin', 'manager', 'user', 'viewer')),
        password_hash text,
        active boolean NOT NULL DEFAULT true,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (tenant_id, id)
      )`);
    await runner.query('CREATE UNIQUE INDEX users_username_key ON users (lower(username))');
    await runner.query('CREATE UNIQUE INDEX users_email_key ON users (lower(email))');
    await protectTenantTable(runner, 'users');
    await runner.query(`
      CREATE TABLE api_keys (
        tenant_id uuid NOT NULL,
        id uuid NOT NULL,
        user_id uuid NOT NULL,
        name text NOT NULL,
        key_hash bytea NOT NULL CHECK (length(key_hash) = 32),
        permissions text[],
        expires_at timestamptz,
        revoked_at timestamptz,
        created_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (tenant_id, id),
        FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id) ON DELETE CASCADE
      )`);
    await runner.query('CREATE UNIQUE INDEX api_keys_hash_key ON api_keys (key_hash)');
    await runner.query('CREATE INDEX api_keys_user_idx ON api_keys (tenant_id, user_id)');
    await protectTenantTable(runner, 'api_keys');
  }

  /** The role stays: roles belong to the whole server, and another database of it may use this one. */
  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE api_keys');
    await runner.query('DROP TABLE users');
    await runner.query('DROP TABLE tenants');
  }
}

/** Roles are shared by all databases of a server, so another Mira may make this one at the same moment. */
async function createTenantRole(runner: QueryRunner): Promise<void> {
  await runner.query(`
    DO $$
    BEGIN
      IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '${TENANT_ROLE}') THEN
        CREATE ROLE ${TENANT_ROLE} NOLOGIN NOSUPERUSER NOBYPASSRLS;
      END IF;
    EXCEPTION
      WHEN duplicate_object OR unique_violation THEN NULL;
      WHEN insufficient_privilege THEN
        RAISE EXCEPTION 'The database user % may not create the role ${TENANT_ROLE} that keeps tenants apart.', current_user
          USING HINT = format(
            'As a superuser run once: CREATE ROLE ${TENANT_ROLE} NOLOGIN; GRANT ${TENANT_ROLE} TO %I;', current_user);
    END
    $$`);
  await runner.query(`
    DO $$
    BEGIN
      -- Tried and not asked for: since PostgreSQL 16 one can be a member of a role and still not be let into it.
      SET LOCAL ROLE ${TENANT_ROLE};
      RESET ROLE;
    EXCEPTION
      WHEN insufficient_privilege THEN EXECUTE format('GRANT ${TENANT_ROLE} TO %I', current_user);
    END
    $$`);
  await runner.query(`GRANT USAGE ON SCHEMA public TO ${TENANT_ROLE}`);
}
