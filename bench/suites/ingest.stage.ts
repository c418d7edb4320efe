import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Client } from 'pg';
import type { DatabaseKind } from '../options.ts';
import { MiraApi } from '../support/mira-api.ts';
import { MiraProcess } from '../support/mira-process.ts';
import { N8nSink } from '../support/n8n-sink.ts';
import { createScratchDatabase, onDatabase } from '../support/scratch-server.ts';
import type { DatabaseFacts } from './ingest.result.ts';

/** What the sender signs with. */
export const SECRET = 'the secret of a sender in a benchmark';

/** A Mira that is ready to be measured: an endpoint of GitHub's, and a route from its pushes to a sink. */
export interface Stage {
  readonly kind: DatabaseKind;
  readonly database: DatabaseFacts;
  readonly mira: MiraProcess;
  readonly endpointUrl: string;
  readonly sink: N8nSink;
}

interface StageOptions {
  readonly kind: DatabaseKind;
  /** Where a scratch database can be made. */
  readonly server: string | null;
  readonly profile: string | undefined;
  /** Ends it all again. */
  readonly scope: AsyncDisposableStack;
}

export async function startStage({ kind, server, profile, scope }: StageOptions): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), 'mira-bench-'));
  scope.defer(() => rmSync(folder, { recursive: true, force: true }));
  const sink = scope.adopt(await N8nSink.start(), (one) => one.stop());
  const { env, target } = kind === 'server' ? await serverDatabase(server, scope) : embeddedDatabase(folder);
  const mira = await MiraProcess.start({
    folder,
    env: {
      ...env,
      MIRA_OUTBOUND_ALLOW: '127.0.0.0/8',
      // Enough that nobody is ever refused: the buckets are kept and charged all the same.
      MIRA_WEBHOOK_RATE_LIMIT_MAX_REQUESTS: '1000000000',
    },
    nodeOptions: profile ? ['--cpu-prof', `--cpu-prof-dir=${resolve(profile)}`] : [],
  });
  scope.defer(() => mira.stop());
  if (mira.apiKey === null) throw new Error(`Mira printed no API key: see ${mira.logFile}`);
  const api = new MiraApi(mira.url, mira.apiKey);
  const endpointUrl = await api.createEndpoint({ service: 'github', secret: SECRET });
  const integrationId = await api.createN8n(sink.url);
  await api.createRoute({ service: 'github', eventTypes: ['push'], integrationId });
  return { kind, database: await onDatabase(target, (client) => factsOf(client, kind)), mira, endpointUrl, sink };
}

async function serverDatabase(server: string | null, scope: AsyncDisposableStack) {
  if (server === null) throw new Error('There is no PostgreSQL server: MIRA_TEST_DATABASE_URL may name one.');
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
