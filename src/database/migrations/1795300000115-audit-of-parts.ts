import type { MigrationInterface, QueryRunner } from 'typeorm';
import { TENANT_ROLE } from '../tenant.role';

/**
 * Where a table lies in parts, its triggers are told the name of the part: `audit_heads_102548`. They go by how it begins
 * from here on.
 */
export class AuditOfParts1795300000115 implements MigrationInterface {
  readonly name = 'AuditOfParts1795300000115';

  async up(runner: QueryRunner): Promise<void> {
    await this.replace(runner, (table) => `starts_with(TG_TABLE_NAME, '${table}')`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await this.replace(runner, (table) => `TG_TABLE_NAME = '${table}'`);
  }

  private async replace(runner: QueryRunner, isOf: (table: string) => string): Promise<void> {
    await runner.query(`
      CREATE OR REPLACE FUNCTION audit_refuse_change() RETURNS trigger
      LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
      DECLARE
        is_keeper boolean := coalesce(current_setting('mira.audit_keeper', true), '') = 'on'
          AND current_user <> '${TENANT_ROLE}';
      BEGIN
        IF TG_OP = 'DELETE' THEN
          IF is_keeper OR EXISTS (SELECT FROM deleted_tenants d WHERE d.tenant_id = OLD.tenant_id) THEN
            RETURN OLD;
          END IF;
        ELSIF TG_OP = 'UPDATE' AND ${isOf('audit_heads')} THEN
          IF NEW.tenant_id = OLD.tenant_id AND NEW.seq = OLD.seq + 1 THEN
            RETURN NEW;
          END IF;
        ELSIF TG_OP = 'UPDATE' AND ${isOf('audit_logs')} AND is_keeper THEN
          IF (NEW.tenant_id, NEW.seq, NEW.form, NEW.content::text, NEW.hash) =
             (OLD.tenant_id, OLD.seq, OLD.form, OLD.content::text, OLD.hash)
            AND NEW.personal IS NULL AND NEW.personal_salt IS NULL AND NEW.erased_at IS NOT NULL THEN
            RETURN NEW;
          END IF;
        END IF;
        RAISE insufficient_privilege USING MESSAGE = format('%s of %s is refused: an audit trail is only added to',
          TG_OP, TG_TABLE_NAME);
      END $$`);
  }
}
