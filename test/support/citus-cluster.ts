import { Client } from 'pg';
import { DataSource } from 'typeorm';
import { loadConfig } from '../../src/config/load-config';
import { dataSourceOptions, serverTarget } from '../../src/database/connection';
import type { DatabaseTarget } from '../../src/database/database-target';
import { distribute, missingSettings } from '../../src/database/distribute';
import { migrate } from '../../src/database/migrate';
import { DeliveryQueue } from '../../src/webhook/delivery/queue/delivery.queue';
import { TEST_SETTINGS } from './database-templates';
import type { ScratchDatabase } from './databases';
import { onServer, scratchName, withDatabaseName } from './scratch-server';

/** A superuser's URL of a coordinator on which suites may make scratch databases; its workers take the same user. */
export const testCitusUrl = process.env['MIRA_TEST_CITUS_URL'];

/** A scratch database with today's schema, spread over the servers of the cluster. */
export interface DistributedScratch extends ScratchDatabase {
  /** The URL of the same database on each worker. */
  readonly workers: readonly string[];
}

/** On the coordinator and all of its workers: each has a database of that name. */
export async function distributedScratch(): Promise<DistributedScratch> {
  if (!testCitusUrl) throw new Error('MIRA_TEST_CITUS_URL is not set');
  const name = scratchName();
  const servers = [testCitusUrl, ...(await workersOf(testCitusUrl))];
  const [url = '', ...workers] = servers.map((server) => withDatabaseName(server, name));
  const drop = async () => {
    for (const server of servers) await onServer(server, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
  };
  try {
    for (const server of servers) {
      await onServer(server, `CREATE DATABASE ${name}`);
      await onServer(withDatabaseName(server, name), 'CREATE EXTENSION citus');
    }
    await onServer(url, `SELECT citus_set_coordinator_host('${new URL(url).hostname}', ${new URL(url).port || 5432})`);
    for (const worker of workers) {
      await onServer(url, `SELECT citus_add_node('${new URL(worker).hostname}', ${new URL(worker).port})`);
    }
    await migrateAndDistribute(url);
    const target = { ...serverTarget(url, TEST_SETTINGS), isDistributed: true };
    return { kind: 'server', target, settings: { database: { url } }, workers, drop };
  } catch (error) {
    await drop();
    throw error;
  }
}

/** As `npm run migrate` does, with `--distribute` and what it asks for. */
async function migrateAndDistribute(url: string): Promise<void> {
  const target = serverTarget(url, TEST_SETTINGS);
  await withDataSource(target, async (dataSource) => {
    await migrate(dataSource, target.kind);
    const queue = new DeliveryQueue(loadConfig({ env: {}, cwd: '/nowhere' }), dataSource, target);
    await queue.onModuleInit();
    await queue.onApplicationShutdown();
    for (const statement of await missingSettings(dataSource.manager)) await dataSource.query(statement);
  });
  // Settings of a database are those of the sessions that begin later.
  await withDataSource(target, (dataSource) => distribute(dataSource, () => undefined));
}

async function withDataSource(target: DatabaseTarget, work: (dataSource: DataSource) => Promise<void>): Promise<void> {
  const dataSource = await new DataSource({ ...dataSourceOptions(target), entities: [] }).initialize();
  try {
    await work(dataSource);
  } finally {
    await dataSource.destroy();
  }
}

async function workersOf(url: string): Promise<string[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ nodename: string; nodeport: number }>(
      `SELECT nodename, nodeport FROM pg_dist_node WHERE groupid > 0 AND isactive ORDER BY nodeid`,
    );
    if (rows.length === 0) throw new Error('the coordinator of MIRA_TEST_CITUS_URL has no workers');
    return rows.map(({ nodename, nodeport }) => {
      const worker = new URL(url);
      worker.hostname = nodename;
      worker.port = String(nodeport);
      return worker.href;
    });
  } finally {
    await client.end();
  }
}
