import type { PoolConfig } from 'pg';
import type { ServerTrouble } from './server.trouble';

/** Where the database is, and how the pg driver is to talk to it. */
export interface DatabaseTarget {
  readonly kind: 'embedded' | 'server';
  readonly pool: Readonly<PoolConfig & { trouble: ServerTrouble }>;
  /** What the server says is wrong with it, by the connections that are made by `pool`. */
  readonly trouble: ServerTrouble;
  /** Whether tenants' tables are spread over the servers of a Citus, as they were when the database was opened. */
  readonly isDistributed?: boolean;
}

/** The DI token of the target; the queue opens its own connections to the same place. */
export const DATABASE_TARGET = Symbol('DATABASE_TARGET');
