import type { PoolConfig } from 'pg';
import type { DataSourceOptions } from 'typeorm';
import type { MiraConfig } from '../config/mira.config';
import type { DatabaseTarget } from './database-target';
import { migrations } from './migration-list';
import { SteadyClient } from './steady.client';
import { watchedSocket } from './watched-socket';

/** How much longer than a statement may take a connection may be silent, in milliseconds. */
const SILENCE_MARGIN_MS = 2_000;

/** The PostgreSQL server that `database.url` names. */
export function serverTarget(url: string, settings: MiraConfig['database']): DatabaseTarget {
  return {
    kind: 'server',
    pool: {
      Client: SteadyClient,
      pipeline: true,
      connectionString: url,
      application_name: 'mira',
      max: settings.pool_size,
      connectionTimeoutMillis: settings.connect_timeout_ms,
      statement_timeout: settings.statement_timeout_ms,
      idle_in_transaction_session_timeout: settings.statement_timeout_ms,
      keepAlive: true,
      stream: watchedSocket(settings.statement_timeout_ms + SILENCE_MARGIN_MS),
    },
  };
}

/** The embedded server is never away, and serves one transaction at a time: who waits for it waits for the others. */
const EMBEDDED_PATIENCE_MS = 10_000;

/** The embedded server; it knows no statement_timeout. */
export function embeddedTarget(connection: PoolConfig, settings: MiraConfig['database']): DatabaseTarget {
  return {
    kind: 'embedded',
    pool: {
      ...connection,
      Client: SteadyClient,
      pipeline: true,
      max: settings.pool_size,
      connectionTimeoutMillis: Math.max(settings.connect_timeout_ms, EMBEDDED_PATIENCE_MS),
    },
  };
}

/** The same for work that nobody waits for, and that may take its time. */
export function unhurried(target: DatabaseTarget): DatabaseTarget {
  const noHurry = { statement_timeout: 0, idle_in_transaction_session_timeout: 0, stream: undefined };
  return { ...target, pool: { ...target.pool, ...noHurry } };
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
