import type { PoolConfig } from 'pg';

/** Where the database is, and how the pg driver is to talk to it. */
export interface DatabaseTarget {
  readonly kind: 'embedded' | 'server';
  readonly pool: Readonly<PoolConfig>;
  /** Whether tenants' tables are spread over the servers of a Citus, as they were when the database was opened. */
  readonly isDistributed?: boolean;
}

/** The DI token of the target; the queue opens its own connections to the same place. */
export const DATABASE_TARGET = Symbol('DATABASE_TARGET');
