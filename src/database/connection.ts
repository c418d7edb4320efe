import type { PoolConfig } from 'pg';
import type { DataSourceOptions } from 'typeorm';
import type { MiraConfig } from '../config/mira.config';
import { serverUrls } from '../config/setting/database-url';
import type { DatabaseTarget } from './database-target';
import { migrations } from './migration-list';
import { primaryClient, probeServer } from './primary.client';
import { PrimaryFinder } from './primary.finder';
import { ServerTrouble } from './server.trouble';
import { SteadyClient } from './steady.client';
import { watchedSocket } from './watched-socket';

/** How much longer than a statement may take a connection may be silent, in milliseconds. */
const SILENCE_MARGIN_MS = 2_000;
/** How long a migration waits for a table at a time, in milliseconds: less than a sender waits for its answer. */
const LOCK_TIMEOUT_MS = 1_000;

/** The PostgreSQL server that `database.url` names, of several the one that takes writes. */
export function serverTarget(url: string, settings: MiraConfig['database']): DatabaseTarget {
  const urls = serverUrls(url) ?? [url];
  const trouble = new ServerTrouble();
  const connectionTimeoutMillis = settings.connect_timeout_ms;
  const probe = (connectionString: string) =>
    probeServer({ connectionString, connectionTimeoutMillis, application_name: 'mira', trouble });
  return {
    kind: 'server',
    trouble,
    pool: {
      trouble,
      Client: primaryClient(new PrimaryFinder(urls, probe), { isPooled: settings.transaction_pooling }),
      pipeline: true,
      connectionString: urls[0],
      application_name: 'mira',
      max: settings.pool_size,
      connectionTimeoutMillis: settings.connect_timeout_ms,
      ...(!settings.transaction_pooling && {
        statement_timeout: settings.statement_timeout_ms,
        idle_in_transaction_session_timeout: settings.statement_timeout_ms,
      }),
      keepAlive: true,
      stream: watchedSocket(settings.statement_timeout_ms + SILENCE_MARGIN_MS),
    },
  };
}

/** The embedded server is never away, and serves one transaction at a time: who waits for it waits for the others. */
const EMBEDDED_PATIENCE_MS = 10_000;

/** The embedded server; it knows no statement_timeout. */
export function embeddedTarget(connection: PoolConfig, settings: MiraConfig['database']): DatabaseTarget {
  const trouble = new ServerTrouble();
  return {
    kind: 'embedded',
    trouble,
    pool: {
      ...connection,
      trouble,
      Client: SteadyClient,
      pipeline: true,
      max: settings.pool_size,
      connectionTimeoutMillis: Math.max(settings.connect_timeout_ms, EMBEDDED_PATIENCE_MS),
    },
  };
}

/** The same for work that nobody waits for, and that may take its time. */
export function unhurried(target: DatabaseTarget): DatabaseTarget {
  const { statement_timeout: _1, idle_in_transaction_session_timeout: _2, stream: _3, ...pool } = target.pool;
  return { ...target, pool };
}

/**
 * The same for changes of the schema: one that waits for a table has everybody wait behind it who comes later, so it gives
 * up soon, and is tried again. A session is told so when it begins, which a pooler in transaction mode does not take.
 */
export function forMigrations(target: DatabaseTarget): DatabaseTarget {
  const { pool, ...rest } = unhurried(target);
  const keepsSessions = target.pool.statement_timeout !== undefined;
  return { ...rest, pool: keepsSessions ? { ...pool, lock_timeout: LOCK_TIMEOUT_MS } : pool };
}

export function dataSourceOptions(target: DatabaseTarget): DataSourceOptions {
  return {
    type: 'postgres',
    extra: target.pool,
    poolSize: target.pool.max,
    parseInt8: true,
    installExtensions: false,
    synchronize: false,
    migrations,
    migrationsTableName: 'mira_migrations',
    migrationsTransactionMode: 'each',
  };
}
