import { DataSource } from 'typeorm';
import type { MiraConfig } from '../config/mira.config';
import { decodeMasterKey } from '../config/master-key';
import { dataSourceOptions, embeddedTarget, serverTarget } from './connection';
import type { DatabaseTarget } from './database-target';
import { isDatabaseAway } from './database-away';
import { EmbeddedServer } from './embedded/embedded-server';
import { embeddedMasterKey } from './master-key';
import { migrate } from './migrate';
import { holdToSamples, sealedSamples } from './sealed-secrets';

/** How long a start waits for a database server that is away before it gives up, in milliseconds. */
const WAIT_FOR_SERVER_MS = 60_000;
const WAIT_STEP_MS = 1_000;

/** A database that is reachable and has today's schema. */
export interface OpenDatabase {
  readonly target: DatabaseTarget;
  readonly masterKey: Buffer;
  readonly embedded: EmbeddedServer | null;
  close(): Promise<void>;
}

/** Starts the embedded server or finds the configured one, and migrates it. `notify` is told of a wait. */
export async function openDatabase(config: MiraConfig, notify: (line: string) => void): Promise<OpenDatabase> {
  const { url } = config.database;
  const embedded = url ? null : await EmbeddedServer.start(config.data_dir);
  try {
    const target = url
      ? serverTarget(url, config.database)
      : embeddedTarget(embedded?.connection ?? {}, config.database);
    const masterKey = await whenReachable(target, notify, async (dataSource) => {
      await migrate(dataSource);
      return masterKeyOf(config, dataSource);
    });
    return { target, masterKey, embedded, close: async () => embedded?.stop() };
  } catch (error) {
    await embedded?.stop();
    throw error;
  }
}

/** The configured key, else the one of the data folder, once it has opened what it should. */
async function masterKeyOf(config: MiraConfig, dataSource: DataSource): Promise<Buffer> {
  const samples = await sealedSamples(dataSource);
  const masterKey = config.master_key
    ? decodeMasterKey(config.master_key)
    : embeddedMasterKey(config.data_dir, samples.length === 0);
  holdToSamples(masterKey, samples);
  return masterKey;
}

async function whenReachable<T>(
  target: DatabaseTarget,
  notify: (line: string) => void,
  work: (dataSource: DataSource) => Promise<T>,
): Promise<T> {
  // A migration may rightly take longer than any request.
  const unhurried = {
    ...target,
    pool: { ...target.pool, statement_timeout: 0, idle_in_transaction_session_timeout: 0, stream: undefined },
  };
  const giveUpAt = Date.now() + WAIT_FOR_SERVER_MS;
  for (;;) {
    const dataSource = new DataSource(dataSourceOptions(unhurried));
    try {
      await dataSource.initialize();
      return await work(dataSource);
    } catch (error) {
      if (!isDatabaseAway(error) || Date.now() > giveUpAt) throw error;
      notify('The database does not answer yet; trying again.');
      await new Promise((resume) => setTimeout(resume, WAIT_STEP_MS));
    } finally {
      if (dataSource.isInitialized) await dataSource.destroy();
    }
  }
}
