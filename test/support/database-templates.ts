import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataSource } from 'typeorm';
import { dataSourceOptions, embeddedTarget, serverTarget } from '../../src/database/connection';
import type { DatabaseTarget } from '../../src/database/database-target';
import { EmbeddedServer } from '../../src/database/embedded/embedded-server';
import { migrate } from '../../src/database/migrate';
import { onServer, scratchName, withDatabaseName } from './scratch-server';

export const TEST_SETTINGS = {
  url: null,
  pool_size: 8,
  connect_timeout_ms: 1_500,
  statement_timeout_ms: 10_000,
  transaction_pooling: false,
};

const FOLDER = 'MIRA_TEST_TEMPLATE_FOLDER';
const NAME = 'MIRA_TEST_TEMPLATE_DATABASE';

/** A data folder with today's schema, to be copied: to make and migrate one takes seconds. */
export function templateFolder(): string {
  return given(FOLDER);
}

/** The name of a database with today's schema on the tests' server, to be copied. */
export function templateDatabase(): string {
  return given(NAME);
}

/** The processes that run suites find by the environment what is made here. */
export async function makeTemplates(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'mira-test-template-'));
  process.env[FOLDER] = folder;
  const embedded = await EmbeddedServer.start(folder);
  await migrated(embeddedTarget(embedded.connection, TEST_SETTINGS));
  await embedded.stop();
  const url = process.env['MIRA_TEST_DATABASE_URL'];
  if (!url) return;
  const name = scratchName();
  process.env[NAME] = name;
  await onServer(url, `CREATE DATABASE ${name}`);
  await migrated(serverTarget(withDatabaseName(url, name), TEST_SETTINGS));
}

export async function dropTemplates(): Promise<void> {
  rmSync(templateFolder(), { recursive: true, force: true });
  const url = process.env['MIRA_TEST_DATABASE_URL'];
  if (url) await onServer(url, `DROP DATABASE IF EXISTS ${templateDatabase()} WITH (FORCE)`);
}

async function migrated(target: DatabaseTarget): Promise<void> {
  const dataSource = await new DataSource({ ...dataSourceOptions(target), entities: [] }).initialize();
  await migrate(dataSource, target.kind);
  await dataSource.destroy();
}

function given(variable: string): string {
  const value = process.env[variable];
  if (!value) throw new Error(`${variable} is not set: the set-up of all suites did not run`);
  return value;
}
