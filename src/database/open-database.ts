import { isNativeError } from 'node:util/types';
import { AbstractLogger, DataSource } from 'typeorm';
import { decodeMasterKey } from '../config/master-key';
import type { MiraConfig } from '../config/mira.config';
import { dataSourceOptions, embeddedTarget, forMigrations, serverTarget } from './connection';
import { isDatabaseAway } from './database-away';
import type { DatabaseTarget } from './database-target';
import { isDistributed } from './distribute';
import { EmbeddedServer } from './embedded/embedded-server';
import { embeddedMasterKey } from './master-key';
import { migrate } from './migrate';
import { holdToSamples, type SealedSecret, sealedSamples } from './sealed-secrets';
import { asServerStartError, serverStartError, tenantRoleError, tooOldError } from './server-start-error';
import { TENANT_ROLE } from './tenant.role';
import { whenReachable } from './when-reachable';

/** How long a start waits for a database server that is away before it gives up, in milliseconds. */
const WAIT_FOR_SERVER_MS = 60_000;
const WAIT_STEP_MS = 1_000;
/** Nothing older is tested. */
const MIN_SERVER_MAJOR = 15;

/** A database that is reachable and has today's schema. */
export interface OpenDatabase {
  readonly target: DatabaseTarget;
  readonly masterKey: Buffer;
  readonly embedded: EmbeddedServer | null;
  close(): Promise<void>;
}

/**
 * Starts the embedded server or finds the configured one, and migrates it. `notify` is told of a wait.
 * @throws StartError where it is the configuration, the folder or the server that must be set right
 */
export async function openDatabase(
  config: MiraConfig,
  notify: (line: string) => void,
  waitMs = WAIT_FOR_SERVER_MS,
): Promise<OpenDatabase> {
  const { url } = config.database;
  const embedded = url ? null : await EmbeddedServer.start(config.data_dir);
  try {
    const target = url
      ? serverTarget(url, config.database)
      : embeddedTarget(embedded?.connection ?? {}, config.database);
    const attempt = () => withDatabase(target, url, (dataSource) => prepare(dataSource, config, target));
    // Behind the error of the start, too; the embedded server was ready before it was asked.
    const isPassing = (error: unknown) => url !== null && isDatabaseAway(error);
    const prepared = await whenReachable(attempt, { forMs: waitMs, stepMs: WAIT_STEP_MS, isPassing, notify });
    return { ...prepared, embedded, close: async () => embedded?.stop() };
  } catch (error) {
    await embedded?.stop();
    throw error;
  }
}

async function prepare(
  dataSource: DataSource,
  config: MiraConfig,
  target: DatabaseTarget,
): Promise<Pick<OpenDatabase, 'target' | 'masterKey'>> {
  const { url } = config.database;
  if (url) await checkVersion(dataSource, url);
  await migrate(dataSource, url ? 'server' : 'embedded');
  if (url) await checkTenantRole(dataSource, url);
  const masterKey = masterKeyFor(config, await sealedSamples(dataSource));
  return { masterKey, target: { ...target, isDistributed: await isDistributed(dataSource.manager) } };
}

/** @throws StartError where the server is older than Mira can use */
export async function checkVersion(dataSource: Pick<DataSource, 'query'>, url: string): Promise<void> {
  const [row]: { server_version_num: string }[] = await dataSource.query('SHOW server_version_num');
  const version = Number(row?.server_version_num);
  if (version < MIN_SERVER_MAJOR * 10_000) throw tooOldError(version, MIN_SERVER_MAJOR, url);
}

/** SQLSTATEs of a role that one may not take, and of one that does not exist. */
const NO_SUCH_ROLE = new Set(['42501', '22023', '42704']);

/**
 * The migration that made the role is done once for a database, and a database may be restored onto another server.
 *
 * @throws StartError where this user may not be the role that all tenants' transactions are made in
 */
export async function checkTenantRole(dataSource: Pick<DataSource, 'query'>, url: string): Promise<void> {
  try {
    await dataSource.query(`DO $$ BEGIN SET LOCAL ROLE ${TENANT_ROLE}; END $$`);
  } catch (error) {
    if (!isNativeError(error) || !('code' in error) || !NO_SUCH_ROLE.has(String(error.code))) throw error;
    const [row]: { user: string }[] = await dataSource.query('SELECT quote_ident(current_user) AS "user"');
    throw tenantRoleError(error, row?.user ?? '', url);
  }
}

/** The configured key, else the one of the data folder, once it has opened what it should. */
export function masterKeyFor(
  config: Pick<MiraConfig, 'master_key' | 'data_dir'>,
  samples: readonly SealedSecret[],
): Buffer {
  const masterKey = config.master_key
    ? decodeMasterKey(config.master_key)
    : embeddedMasterKey(config.data_dir, samples.length > 0);
  holdToSamples(masterKey, samples);
  return masterKey;
}

/** Whatever keeps a server from being used while it is opened has to do with the server or its URL. */
async function withDatabase<T>(
  target: DatabaseTarget,
  url: string | null,
  work: (dataSource: DataSource) => Promise<T>,
): Promise<T> {
  // A migration may rightly take longer than any request.
  const dataSource = new DataSource({ ...dataSourceOptions(forMigrations(target)), logger: new Quiet() });
  try {
    await dataSource.initialize().catch((error: unknown) => {
      throw url ? serverStartError(error, url) : error;
    });
    return await work(dataSource);
  } catch (error) {
    throw asServerStartError(error, url);
  } finally {
    if (dataSource.isInitialized) await dataSource.destroy();
  }
}

/** A migration that fails is told by what is thrown; TypeORM would tell it too. */
class Quiet extends AbstractLogger {
  protected override writeLog(): void {}
}
