import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { dataSourceOptions, embeddedTarget, serverTarget } from '../../src/database/connection';
import type { DatabaseTarget } from '../../src/database/database-target';
import { EmbeddedServer } from '../../src/database/embedded/embedded-server';
import { SecretCipher } from '../../src/database/secret.cipher';
import { TenantDatabase } from '../../src/database/tenant.database';
import { templateDatabase, templateFolder, TEST_SETTINGS } from './database-templates';
import { onServer, scratchName, withDatabaseName } from './scratch-server';

/** The server that the suites may make scratch databases on, or undefined where only the embedded one is to be had. */
export const testServerUrl = process.env['MIRA_TEST_DATABASE_URL'];

/** A database of its own, to be thrown away. */
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

/** An empty one. */
export async function scratchDatabase(kind: DatabaseTarget['kind']): Promise<ScratchDatabase> {
  return kind === 'embedded' ? embeddedScratch() : serverScratch();
}

/** One with today's schema and nothing in it, as a Mira of this release leaves it before its first tenant. */
export async function migratedScratch(kind: DatabaseTarget['kind']): Promise<ScratchDatabase> {
  return kind === 'embedded' ? embeddedScratch(templateFolder()) : serverScratch(templateDatabase());
}

async function migratedDatabase(
  kind: DatabaseTarget['kind'],
  entities: DataSourceOptions['entities'],
): Promise<TestDatabase> {
  const scratch = await migratedScratch(kind);
  const embedded = 'data_dir' in scratch.settings ? await EmbeddedServer.start(scratch.settings.data_dir) : null;
  const target = embedded ? embeddedTarget(embedded.connection, TEST_SETTINGS) : scratch.target;
  const dataSource = await new DataSource({ ...dataSourceOptions(target), entities: entities ?? [] }).initialize();
  return {
    ...scratch,
    target,
    dataSource,
    tenants: new TenantDatabase(dataSource, undefined, target),
    cipher: new SecretCipher(Buffer.alloc(32, 7)),
    drop: async () => {
      await embedded?.stop();
      await scratch.drop();
    },
  };
}

function embeddedScratch(template?: string): ScratchDatabase {
  const folder = mkdtempSync(join(tmpdir(), 'mira-test-'));
  // Node's own copying takes ten times as long for these thousand files.
  if (template) execFileSync('cp', ['-R', `${template}/.`, folder]);
  return {
    kind: 'embedded',
    target: embeddedTarget({}, TEST_SETTINGS),
    settings: { data_dir: folder },
    drop: async () => rmSync(folder, { recursive: true, force: true }),
  };
}

async function serverScratch(template?: string): Promise<ScratchDatabase> {
  const server = testServerUrl;
  if (!server) throw new Error('MIRA_TEST_DATABASE_URL is not set');
  const name = scratchName();
  await onServer(server, `CREATE DATABASE ${name}${template ? ` TEMPLATE ${template}` : ''}`);
  const url = withDatabaseName(server, name);
  return {
    kind: 'server',
    target: serverTarget(url, TEST_SETTINGS),
    settings: { database: { url } },
    drop: () => onServer(server, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`),
  };
}
