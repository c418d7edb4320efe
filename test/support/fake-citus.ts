import type { EntityManager } from 'typeorm';

/**
 * What stands in for Citus where there is none: its functions write down what they are told, and refuse what Citus was seen
 * to refuse (13.2). It moves no row. `test/e2e/citus.e2e-spec.ts` has the same on a real one.
 */
export async function createFakeCitus(manager: EntityManager): Promise<void> {
  await manager.query(`
    CREATE TABLE pg_dist_partition (
      logicalrelid regclass PRIMARY KEY, partmethod "char" NOT NULL, partkey text, colocationid integer NOT NULL,
      repmodel "char" NOT NULL)`);
  await manager.query(REFUSE);
  await manager.query(CREATE_REFERENCE_TABLE);
  await manager.query(CREATE_DISTRIBUTED_TABLE);
  await manager.query(CREATE_DISTRIBUTED_FUNCTION);
}

const REFUSE = `
  CREATE FUNCTION fake_citus_refuse(relation regclass, key text) RETURNS void LANGUAGE plpgsql AS $$
  DECLARE
    key_number smallint := (SELECT attnum FROM pg_attribute WHERE attrelid = relation AND attname = key);
    bad text;
  BEGIN
    -- Also those of all tables that refer to it: with a copied table Citus takes them in.
    IF EXISTS (SELECT FROM pg_policy WHERE (polrelid = relation OR polrelid IN (
                 SELECT conrelid FROM pg_constraint WHERE contype = 'f' AND confrelid = relation))
               AND (polqual::text LIKE '%SUBLINK%' OR polwithcheck::text LIKE '%SUBLINK%')) THEN
      RAISE 'cannot create policy' USING DETAIL = 'Subqueries are not supported in policies on distributed tables';
    END IF;
    IF current_setting('citus.enable_unsafe_triggers', true) IS DISTINCT FROM 'on'
      AND EXISTS (SELECT FROM pg_trigger WHERE tgrelid = relation AND NOT tgisinternal) THEN
      RAISE 'cannot distribute relation "%" because it has triggers', relation;
    END IF;
    IF key IS NOT NULL THEN
      SELECT indexrelid::regclass INTO bad FROM pg_index
      WHERE indrelid = relation AND indisunique AND key_number <> ALL (indkey::smallint[]) LIMIT 1;
      IF FOUND THEN RAISE 'cannot create constraint on "%": % does not include the partition column', relation, bad; END IF;
    END IF;
    SELECT f.conname INTO bad FROM pg_constraint f LEFT JOIN pg_dist_partition p ON p.logicalrelid = f.confrelid
    WHERE f.conrelid = relation AND f.contype = 'f' AND f.confrelid <> relation AND CASE
      WHEN key IS NULL THEN p.partmethod = 'h'
      WHEN p.logicalrelid IS NULL THEN true
      WHEN p.partmethod = 'h' THEN NOT EXISTS (
        SELECT FROM unnest(f.conkey, f.confkey) AS pair (mine, other)
        JOIN pg_attribute a ON a.attrelid = f.confrelid AND a.attnum = pair.other
        WHERE pair.mine = key_number AND a.attname = p.partkey)
      ELSE false END LIMIT 1;
    IF FOUND THEN RAISE 'cannot create foreign key constraint %', bad; END IF;
    SELECT f.conname INTO bad FROM pg_constraint f LEFT JOIN pg_dist_partition p ON p.logicalrelid = f.conrelid
    WHERE key IS NOT NULL AND f.confrelid = relation AND f.contype = 'f' AND f.conrelid <> relation
      AND p.partmethod IS DISTINCT FROM 'h' LIMIT 1;
    IF FOUND THEN RAISE 'foreign keys from reference tables and local tables to distributed tables: %', bad; END IF;
    SELECT conname INTO bad FROM pg_constraint
    WHERE conrelid = relation AND contype = 'f' AND key_number = ANY (conkey) AND confdeltype IN ('n', 'd') LIMIT 1;
    IF FOUND THEN
      RAISE 'cannot create foreign key constraint' USING DETAIL = 'SET NULL or SET DEFAULT is not supported: ' || bad;
    END IF;
  END $$`;

const CREATE_REFERENCE_TABLE = `
  CREATE FUNCTION create_reference_table(relation regclass) RETURNS void LANGUAGE plpgsql AS $$
  BEGIN
    PERFORM fake_citus_refuse(relation, NULL);
    INSERT INTO pg_dist_partition VALUES (relation, 'n', NULL, 1, 't');
  END $$`;

const CREATE_DISTRIBUTED_FUNCTION = `
  CREATE FUNCTION create_distributed_function(function regprocedure, key text, colocate_with text, force_delegation boolean)
  RETURNS void LANGUAGE plpgsql AS $$
  BEGIN
    PERFORM FROM pg_dist_partition WHERE logicalrelid = colocate_with::regclass AND partmethod = 'h';
    IF NOT FOUND THEN RAISE '% is not distributed', colocate_with; END IF;
  END $$`;

const CREATE_DISTRIBUTED_TABLE = `
  CREATE FUNCTION create_distributed_table(relation regclass, key text, colocate_with text) RETURNS void
  LANGUAGE plpgsql AS $$
  DECLARE
    colocation integer;
  BEGIN
    PERFORM fake_citus_refuse(relation, key);
    IF colocate_with = 'none' THEN
      SELECT coalesce(max(colocationid), 1) + 1 INTO colocation FROM pg_dist_partition;
    ELSE
      SELECT colocationid INTO STRICT colocation FROM pg_dist_partition
      WHERE logicalrelid = colocate_with::regclass AND partmethod = 'h';
    END IF;
    INSERT INTO pg_dist_partition VALUES (relation, 'h', key, colocation, 's');
  END $$`;
