import type { DataSource } from 'typeorm';

/** Any number does, as long as every Mira asks for the same. */
const MIGRATION_LOCK = 7_305_211;

/** Brings the schema up to date. Processes that start together take turns: one migrates, the others find it done. */
export async function migrate(dataSource: DataSource): Promise<void> {
  const holder = dataSource.createQueryRunner();
  await holder.connect();
  try {
    await holder.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    await dataSource.runMigrations();
  } finally {
    await holder.query('SELECT pg_advisory_unlock($1)', [MIGRATION_LOCK]).catch(() => undefined);
    await holder.release();
  }
}
