import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Client } from 'pg';
import type { DatabaseKind } from '../options.ts';
import { CannotRun } from './interruption.ts';
import { createScratchDatabase, onDatabase } from './scratch-server.ts';

/** An empty place for a Mira to live in. */
export interface ScratchPlace {
  /** The settings that lead Mira to it. */
  readonly env: Readonly<Record<string, string>>;
  /** Asks its database what it is; only while Mira runs, for the embedded one is Mira's. */
  facts(): Promise<DatabaseFacts>;
  /** Asks its database anything; only while Mira runs, too. */
  ask(sql: string): Promise<Record<string, unknown>[]>;
}

export interface DatabaseFacts {
  readonly version: string;
  /** What durability rests on: `fsync`, `synchronous_commit` and the like, as the database itself tells them. */
  readonly settings: Readonly<Record<string, string>>;
}

/**
 * @param server where a scratch database can be made; null where there is none
 * @param scope takes it away again
 */
export async function scratchPlace(
  kind: DatabaseKind,
  { server, folder, scope }: { server: string | null; folder: string; scope: AsyncDisposableStack },
): Promise<ScratchPlace> {
  const { env, target } = kind === 'server' ? await serverDatabase(server, scope) : embeddedDatabase(folder);
  return {
    env,
    facts: () => onDatabase(target, (client) => factsOf(client, kind)),
    ask: (sql) => onDatabase(target, async (client) => (await client.query<Record<string, unknown>>(sql)).rows),
  };
}

async function serverDatabase(server: string | null, scope: AsyncDisposableStack) {
  if (server === null) throw new CannotRun('There is no PostgreSQL server: MIRA_TEST_DATABASE_URL may name one.');
  const { url } = scope.adopt(await createScratchDatabase(server), (one) => one.drop());
  return { env: { DATABASE_URL: url, MIRA_MASTER_KEY: randomBytes(32).toString('base64') }, target: url };
}

function embeddedDatabase(folder: string) {
  const dataFolder = join(folder, 'data');
  // Where Mira has its embedded database listen; only for asking it what it is.
  const target = { host: join(dataFolder, 'run'), user: 'postgres', database: 'postgres' };
  return { env: { MIRA_DATA_DIR: dataFolder }, target };
}

async function factsOf(client: Client, kind: DatabaseKind): Promise<DatabaseFacts> {
  const { rows } = await client.query<{ name: string; setting: string }>(
    `SELECT name, setting FROM pg_settings
     WHERE name IN ('server_version', 'fsync', 'synchronous_commit', 'wal_sync_method', 'full_page_writes', 'shared_buffers')`,
  );
  const { server_version: version, ...settings } = Object.fromEntries(rows.map(({ name, setting }) => [name, setting]));
  return { version: `${kind === 'server' ? 'PostgreSQL' : 'PGlite, PostgreSQL'} ${version}`, settings };
}
