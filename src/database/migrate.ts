import { setTimeout as sleep } from 'node:timers/promises';
import { type DataSource, MigrationExecutor, type QueryRunner } from 'typeorm';
import { isNativeError } from 'node:util/types';
import { ADVISORY_LOCKS } from './advisory-locks';
import { StartError } from '../config/start-error';
import { isDatabaseAway, isLockTimeout } from './database-away';
import type { DatabaseTarget } from './database-target';

const LOOK_EVERY_MS = 200;
/** With the wait for the lock itself these are some two minutes. */
const MOST_TRIES = 60;
const TRY_AGAIN_MS = 1_000;

/**
 * Brings the schema up to date. Processes that start together take turns: one migrates, the others find it done.
 * @throws StartError that names the migration which failed; a database that went away is thrown as it is
 */
export async function migrate(dataSource: DataSource, kind: DatabaseTarget['kind']): Promise<void> {
  // The embedded database has this one process, and would let nobody in beside an open transaction.
  const turn = kind === 'server' ? await takeTurn(dataSource) : null;
  try {
    await runMigrations(dataSource);
  } catch (error) {
    throw isDatabaseAway(error) ? error : await migrationError(dataSource, error);
  } finally {
    await turn?.query('ROLLBACK').catch(() => undefined);
    await turn?.release();
  }
}

/**
 * Holds the lock in an open transaction, which a pooler leaves on its connection. Whoever has a view of the data open is
 * waited for by an index that is made concurrently: so the lock is not waited for within a statement, but asked for again
 * and again.
 */
async function takeTurn(dataSource: DataSource): Promise<QueryRunner> {
  const holder = dataSource.createQueryRunner();
  await holder.connect();
  for (;;) {
    await holder.query('BEGIN');
    // Without a parameter, for what is asked with one stays open, and holds its view of the data, until the transaction ends.
    const asked = `SELECT pg_try_advisory_xact_lock(${ADVISORY_LOCKS.migration}) AS locked`;
    const [row] = (await holder.query(asked)) as unknown as { locked: boolean }[];
    if (row?.locked) return holder;
    await holder.query('ROLLBACK');
    await sleep(LOOK_EVERY_MS);
  }
}

/** A migration that did not get a lock soon is undone, and tried again when others have gone on. */
async function runMigrations(dataSource: DataSource): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      await dataSource.runMigrations();
      return;
    } catch (error) {
      if (!isLockTimeout(error) || tries === MOST_TRIES) throw error;
      await sleep(TRY_AGAIN_MS);
    }
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
