import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { dataSourceOptions, embeddedTarget, serverTarget } from '../../src/database/connection';
import type { DatabaseTarget } from '../../src/database/database-target';
import { EmbeddedServer } from '../../src/database/embedded/embedded-server';
import { SecretCipher } from '../../src/database/secret.cipher';
import { TenantDatabase } from '../../src/database/tenant.database';

const SETTINGS = { url: null, pool_size: 8, connect_timeout_ms: 1_500, statement_timeout_ms: 10_000 };

/** The server that the suites may make scratch databases on, or undefined where only the embedded one is to be had. */
export const testServerUrl = process.env['MIRA_TEST_DATABASE_URL'];

/** An empty database of its own, to be thrown away. */
export interface ScratchDatabase {
  readonly kind: DatabaseTarget['kind'];
  readonly target: DatabaseTarget;
  /** For what starts Mira itself: the settings that lead to this database. */
  readonly settings: { data_dir: string } | { database: { url: string } };
  drop(): Promise<void>;
}

/** A scratch database with today's schema, and what repositories need to work on it. */
export interface TestDatabase extends ScratchDatabase {
  readonly dataSource: DataSource;
  readonly tenants: TenantDatabase;
  readonly cipher: SecretCipher;
}

/** Runs a suite on the embedded database and, where one was given, on a PostgreSQL server. */
export function describeOnEachDatabase(
  title: string,
  suite: (database: () => TestDatabase) => void,
  entities: DataSourceOptions['entities'] = [],
): void {
  describe.each(kinds())(`${title} (%s database)`, (kind) => {
    let database: TestDatabase;
    beforeAll(async () => {
      database = await migratedDatabase(kind, entities);
    });
    suite(() => database);
    // Last, for what the suite itself puts away may still need the database.
    afterAll(async () => {
      await database.dataSource.destroy();
      await database.drop();
    });
  });
}

/** The same choice of databases, empty, for suites that start the whole program on them. */
export function kinds(): DatabaseTarget['kind'][] {
  return testServerUrl ? ['embedded', 'server'] : ['embedded'];
}

export async function scratchDatabase(kind: DatabaseTarget['kind']): Promise<ScratchDatabase> {
  return kind === 'embedded' ? embeddedScratch() : serverScratch();
}

async function migratedDatabase(
  kind: DatabaseTarget['kind'],
  entities: DataSourceOptions['entities'],
): Promise<TestDatabase> {
  const scratch = await scratchDatabase(kind);
  const embedded = 'data_dir' in scratch.settings ? await EmbeddedServer.start(scratch.settings.data_dir) : null;
  const target = embedded ? embeddedTarget(embedded.connection, SETTINGS) : scratch.target;
  const dataSource = await new DataSource({ ...dataSourceOptions(target), entities: entities ?? [] }).initialize();
  await dataSource.runMigrations();
  return {
    ...scratch,
    target,
    dataSource,
    tenants: new TenantDatabase(dataSource),
    cipher: new SecretCipher(Buffer.alloc(32, 7)),
    drop: async () => {
      await embedded?.stop();
      await scratch.drop();
    },
  };
}

function embeddedScratch(): ScratchDatabase {
  const folder = mkdtempSync(join(tmpdir(), 'mira-test-'));
  return {
    kind: 'embedded',
    target: embeddedTarget({}, SETTINGS),
    settings: { data_dir: folder },
    drop: async () => rmSync(folder, { recursive: true, force: true }),
  };
}

async function serverScratch(): Promise<ScratchDatabase> {
  if (!testServerUrl) throw new Error('MIRA_TEST_DATABASE_URL is not set');
  const name = `mira_test_${randomBytes(6).toString('hex')}`;
  await onServer(testServerUrl, `CREATE DATABASE ${name}`);
  const url = new URL(testServerUrl);
  url.pathname = `/${name}`;
  return {
    kind: 'server',
    target: serverTarget(url.href, SETTINGS),
    settings: { database: { url: url.href } },
    drop: () => onServer(testServerUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`),
  };
}

async function onServer(url: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
