import type { MigrationInterface, QueryRunner } from 'typeorm';
import { protectTenantTable } from '../tenant-owned';

/**
 * A number for each tenant that grows with every change of what its routes take, so that who remembers them can ask
 * whether that still holds without reading them again. The database counts, whoever makes the change and however.
 */
export class RouteVersions1795300000110 implements MigrationInterface {
  readonly name = 'RouteVersions1795300000110';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE route_versions (
        tenant_id uuid PRIMARY KEY REFERENCES tenants (id),
        version bigint NOT NULL
      )`);
    await protectTenantTable(runner, 'route_versions', { grants: 'SELECT' });
    // With the last of a tenant's routes the tenant itself may be going: what is deleted then must not come back.
    await runner.query(`
      CREATE FUNCTION count_route_change() RETURNS trigger
      LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
      BEGIN
        IF TG_OP = 'DELETE' THEN
          UPDATE route_versions SET version = version + 1 WHERE tenant_id = OLD.tenant_id;
        ELSE
          INSERT INTO route_versions AS v (tenant_id, version) VALUES (NEW.tenant_id, 1)
          ON CONFLICT (tenant_id) DO UPDATE SET version = v.version + 1;
        END IF;
        RETURN NULL;
      END $$`);
    await runner.query('REVOKE ALL ON FUNCTION count_route_change() FROM PUBLIC');
    await runner.query(`
      CREATE TRIGGER count_route_change
      AFTER INSERT OR DELETE OR UPDATE OF service, event_types, filter, enabled, ordered ON routes
      FOR EACH ROW EXECUTE FUNCTION count_route_change()`);
    await runner.query('INSERT INTO route_versions SELECT DISTINCT tenant_id, 1 FROM routes');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TRIGGER count_route_change ON routes');
    await runner.query('DROP FUNCTION count_route_change()');
    await runner.query('DROP TABLE route_versions');
  }
}
