import { setTimeout as sleep } from 'node:timers/promises';
import { type DataSource, MigrationExecutor, type QueryRunner } from 'typeorm';
import { isNativeError } from 'node:util/types';
import { StartError } from '../config/start-error';
import { isDatabaseAway } from './database-away';

/** Any number does, as long as every Mira asks for the same. */
const MIGRATION_LOCK = 7_305_211;
const LOOK_EVERY_MS = 200;

/**
 * Brings the schema up to date. Processes that start together take turns: one migrates, the others find it done.
 * @throws StartError that names the migration which failed; a database that went away is thrown as it is
 */
export async function migrate(dataSource: DataSource): Promise<void> {
  const holder = dataSource.createQueryRunner();
  await holder.connect();
  try {
    await lock(holder);
    await dataSource.runMigrations();
  } catch (error) {
    throw isDatabaseAway(error) ? error : await migrationError(dataSource, error);
  } finally {
    await holder.query('SELECT pg_advisory_unlock($1)', [MIGRATION_LOCK]).catch(() => undefined);
    await holder.release();
  }
}

/**
 * By asking again and again: who waited within a statement would be waited for by an index that is made concurrently, and
 * neither would ever go on.
 */
async function lock(holder: QueryRunner): Promise<void> {
  for (;;) {
    const [row]: { locked: boolean }[] = await holder.query('SELECT pg_try_advisory_lock($1) AS locked', [
      MIGRATION_LOCK,
    ]);
    if (row?.locked) return;
    await sleep(LOOK_EVERY_MS);
  }
}

/** Each migration is there as a whole or not at all, so the one that failed is the first that is not there. */
async function migrationError(dataSource: DataSource, error: unknown): Promise<StartError> {
  const [failed] = await new MigrationExecutor(dataSource).getPendingMigrations().catch(() => []);
  const what = failed ? `The migration ${failed.name} of the database failed` : 'The database cannot be migrated';
  const reason = (isNativeError(error) ? error.message : String(error)).replace(/\.$/, '');
  return new StartError(`${what}, and nothing of it was kept: ${reason}.\n${adviceOf(error)}`, { cause: error });
}

function adviceOf(error: unknown): string {
  const driverError: unknown = isNativeError(error) && 'driverError' in error ? error.driverError : error;
  const hint = isNativeError(driverError) && 'hint' in driverError ? driverError.hint : undefined;
  const code = isNativeError(driverError) && 'code' in driverError ? driverError.code : undefined;
  if (typeof hint === 'string') return hint;
  if (code === '42501') {
    return 'Let the database user of Mira own the database, or give it CREATE on the database and its schema public.';
  }
  return (
    'The database may hold what another program made: give Mira one of its own. ' +
    'If it is Mira that made all of it, go on with the version from before, and report this.'
  );
}
