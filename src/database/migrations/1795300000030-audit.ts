import type { MigrationInterface, QueryRunner } from 'typeorm';
import { TENANT_ROLE } from '../tenant.role';
import { protectTenantTable } from '../tenant-owned';

/**
 * The audit trail: entries in a hash chain for each tenant, its head, and signed checkpoints of it. What keeps it as it
 * was written stands here, in the database: there is one function that adds to a chain, one that takes its old end
 * away, one that erases a person, and triggers that refuse all else to everybody.
 */
export class Audit1795300000030 implements MigrationInterface {
  readonly name = 'Audit1795300000030';

  async up(runner: QueryRunner): Promise<void> {
    await createTables(runner);
    await createAppend(runner);
    await createTriggers(runner);
    await createKeeperFunctions(runner);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP FUNCTION audit_erase(uuid, uuid)');
    await runner.query('DROP FUNCTION audit_prune(uuid, bigint)');
    await runner.query('DROP FUNCTION audit_append(uuid, json, json, bytea)');
    await runner.query('DROP TABLE audit_checkpoints');
    await runner.query('DROP TABLE audit_heads');
    await runner.query('DROP TABLE audit_logs');
    await runner.query('DROP FUNCTION audit_refuse_change()');
  }
}

/**
 * `content` is the text that is hashed, to the byte, which json keeps and jsonb would not. What is searched by is made
 * of it by the database, so that it cannot say anything else. No foreign key: it would lock the tenant's row after the
 * head's, and others lock them the other way round.
 */
async function createTables(runner: QueryRunner): Promise<void> {
  await runner.query(`
    CREATE TABLE audit_logs (
      tenant_id uuid NOT NULL,
      seq bigint NOT NULL CHECK (seq > 0),
      form smallint NOT NULL,
      content json NOT NULL,
      hash bytea NOT NULL CHECK (length(hash) = 32),
      personal json,
      personal_salt bytea,
      erased_at timestamptz,
      id uuid NOT NULL GENERATED ALWAYS AS ((content ->> 'id')::uuid) STORED,
      at timestamptz NOT NULL GENERATED ALWAYS AS (to_timestamp((content ->> 'at_ms')::double precision / 1000)) STORED,
      user_id uuid GENERATED ALWAYS AS ((content ->> 'user_id')::uuid) STORED,
      action text NOT NULL GENERATED ALWAYS AS (content ->> 'action') STORED,
      resource_type text NOT NULL GENERATED ALWAYS AS (content ->> 'resource_type') STORED,
      resource_id text GENERATED ALWAYS AS (content ->> 'resource_id') STORED,
      PRIMARY KEY (tenant_id, seq)
    )`);
  await runner.query('CREATE UNIQUE INDEX audit_logs_id_key ON audit_logs (tenant_id, id)');
  await runner.query('CREATE INDEX audit_logs_user_idx ON audit_logs (tenant_id, user_id, seq)');
  await runner.query('CREATE INDEX audit_logs_action_idx ON audit_logs (tenant_id, action, seq)');
  await runner.query('CREATE INDEX audit_logs_resource_idx ON audit_logs (tenant_id, resource_type, seq)');
  await runner.query('CREATE INDEX audit_logs_time_idx ON audit_logs (tenant_id, at)');
  await protectTenantTable(runner, 'audit_logs', { grants: 'SELECT' });
  await runner.query(`
    CREATE TABLE audit_heads (
      tenant_id uuid PRIMARY KEY,
      seq bigint NOT NULL,
      hash bytea NOT NULL CHECK (length(hash) = 32)
    ) WITH (fillfactor = 70)`);
  await protectTenantTable(runner, 'audit_heads', { grants: 'SELECT' });
  await runner.query(`
    CREATE TABLE audit_checkpoints (
      tenant_id uuid NOT NULL,
      kind text NOT NULL CHECK (kind IN ('seal', 'floor')),
      seq bigint NOT NULL,
      hash bytea NOT NULL CHECK (length(hash) = 32),
      signed_at timestamptz NOT NULL,
      signature bytea NOT NULL CHECK (length(signature) = 32),
      PRIMARY KEY (tenant_id, kind, seq)
    )`);
  // Adding one takes a signature, which the database cannot make.
  await protectTenantTable(runner, 'audit_checkpoints', { grants: 'SELECT, INSERT' });
}

/**
 * The only way into a chain. The head is locked first, so that entries come one after the other in the order of their
 * numbers, whatever their times are. As the owner of the tables, for the tenant role may do nothing to them itself.
 */
async function createAppend(runner: QueryRunner): Promise<void> {
  await runner.query(`
    CREATE FUNCTION audit_append(p_tenant uuid, p_content json, p_personal json, p_salt bytea,
      OUT seq bigint, OUT hash bytea)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    #variable_conflict use_column
    DECLARE
      scope text := coalesce(current_setting('app.tenant_id', true), '');
      head audit_heads%ROWTYPE;
    BEGIN
      IF scope <> '' AND p_tenant::text <> ALL (string_to_array(scope, ',')) THEN
        RAISE insufficient_privilege USING MESSAGE = 'this transaction is for another tenant';
      END IF;
      SELECT * INTO head FROM audit_heads h WHERE h.tenant_id = p_tenant FOR UPDATE;
      IF NOT FOUND THEN
        INSERT INTO audit_heads VALUES (p_tenant, 0, decode(repeat('00', 32), 'hex')) ON CONFLICT DO NOTHING;
        SELECT * INTO STRICT head FROM audit_heads h WHERE h.tenant_id = p_tenant FOR UPDATE;
      END IF;
      audit_append.seq := head.seq + 1;
      audit_append.hash := sha256(convert_to(
        concat_ws(E'\\n', '1', p_tenant, audit_append.seq, encode(head.hash, 'hex'), p_content), 'UTF8'));
      INSERT INTO audit_logs (tenant_id, seq, form, content, hash, personal, personal_salt)
      VALUES (p_tenant, audit_append.seq, 1, p_content, audit_append.hash, p_personal, p_salt);
      UPDATE audit_heads h SET seq = audit_append.seq, hash = audit_append.hash WHERE h.tenant_id = p_tenant;
    END $$`);
  await runner.query('REVOKE ALL ON FUNCTION audit_append(uuid, json, json, bytea) FROM PUBLIC');
  await runner.query(`GRANT EXECUTE ON FUNCTION audit_append(uuid, json, json, bytea) TO ${TENANT_ROLE}`);
}

/** A tenant that was deleted takes its trail along; `deleted_tenants` names it, in the same transaction. */
async function createTriggers(runner: QueryRunner): Promise<void> {
  await runner.query(`
    CREATE FUNCTION audit_refuse_change() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
    DECLARE
      is_keeper boolean := coalesce(current_setting('mira.audit_keeper', true), '') = 'on'
        AND current_user <> '${TENANT_ROLE}';
    BEGIN
      IF TG_OP = 'DELETE' THEN
        IF is_keeper OR EXISTS (SELECT FROM deleted_tenants d WHERE d.tenant_id = OLD.tenant_id) THEN
          RETURN OLD;
        END IF;
      ELSIF TG_OP = 'UPDATE' AND TG_TABLE_NAME = 'audit_heads' THEN
        IF NEW.tenant_id = OLD.tenant_id AND NEW.seq = OLD.seq + 1 THEN
          RETURN NEW;
        END IF;
      ELSIF TG_OP = 'UPDATE' AND TG_TABLE_NAME = 'audit_logs' AND is_keeper THEN
        IF (NEW.tenant_id, NEW.seq, NEW.form, NEW.content::text, NEW.hash) =
           (OLD.tenant_id, OLD.seq, OLD.form, OLD.content::text, OLD.hash)
          AND NEW.personal IS NULL AND NEW.personal_salt IS NULL AND NEW.erased_at IS NOT NULL THEN
          RETURN NEW;
        END IF;
      END IF;
      RAISE insufficient_privilege USING MESSAGE = format('%s of %s is refused: an audit trail is only added to',
        TG_OP, TG_TABLE_NAME);
    END $$`);
  await runner.query('REVOKE ALL ON FUNCTION audit_refuse_change() FROM PUBLIC');
  for (const table of ['audit_logs', 'audit_heads', 'audit_checkpoints']) {
    await runner.query(
      `CREATE TRIGGER ${table}_stay BEFORE UPDATE OR DELETE ON ${table}
       FOR EACH ROW EXECUTE FUNCTION audit_refuse_change()`,
    );
    await runner.query(
      `CREATE TRIGGER ${table}_stay_all BEFORE TRUNCATE ON ${table} EXECUTE FUNCTION audit_refuse_change()`,
    );
  }
}

/** For Mira's own login alone. The mark that the triggers look for is set here and nowhere else, and taken off again. */
async function createKeeperFunctions(runner: QueryRunner): Promise<void> {
  await runner.query(`
    CREATE FUNCTION audit_prune(p_tenant uuid, p_up_to bigint) RETURNS bigint
    LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
    DECLARE
      pruned bigint;
    BEGIN
      PERFORM set_config('mira.audit_keeper', 'on', true);
      DELETE FROM audit_logs WHERE tenant_id = p_tenant AND seq <= p_up_to;
      GET DIAGNOSTICS pruned = ROW_COUNT;
      DELETE FROM audit_checkpoints
      WHERE tenant_id = p_tenant AND (kind = 'seal' AND seq <= p_up_to OR kind = 'floor' AND seq < p_up_to);
      PERFORM set_config('mira.audit_keeper', '', true);
      RETURN pruned;
    END $$`);
  await runner.query('REVOKE ALL ON FUNCTION audit_prune(uuid, bigint) FROM PUBLIC');
  await runner.query(`
    CREATE FUNCTION audit_erase(p_tenant uuid, p_user uuid) RETURNS bigint
    LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
    DECLARE
      erased bigint;
    BEGIN
      PERFORM set_config('mira.audit_keeper', 'on', true);
      UPDATE audit_logs SET personal = NULL, personal_salt = NULL, erased_at = now()
      WHERE tenant_id = p_tenant AND personal IS NOT NULL
        AND (user_id = p_user OR resource_type = 'user' AND resource_id = p_user::text);
      GET DIAGNOSTICS erased = ROW_COUNT;
      PERFORM set_config('mira.audit_keeper', '', true);
      RETURN erased;
    END $$`);
  await runner.query('REVOKE ALL ON FUNCTION audit_erase(uuid, uuid) FROM PUBLIC');
}
