import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { DATABASE_TARGET, type DatabaseTarget } from './database-target';
import { Upkeep } from './upkeep';

/** So few rows are found fast by any plan, and so few dead ones are in nobody's way. */
const ROWS_NOT_WORTH_IT = 500;
/** The part of a table's rows that may be dead before they are cleared away, as with PostgreSQL's own autovacuum. */
const DEAD_SHARE = 0.2;

/**
 * Keeps the planner's picture of the tables near the truth. Statements of the hot paths are planned once a connection,
 * and on a young database that is for tables of a few rows: a plan that reads a table whole would stay while it grows,
 * until PostgreSQL's autovacuum comes by, about a minute later. So a table is looked at anew each time it has doubled.
 *
 * The embedded database has no autovacuum at all: there dead rows are cleared away here too.
 */
@Injectable()
export class TableUpkeep extends Upkeep {
  protected readonly everyMs = 5_000;
  private running: Promise<void> | null = null;

  constructor(
    private readonly dataSource: DataSource,
    @Inject(DATABASE_TARGET) private readonly target: DatabaseTarget,
  ) {
    super();
  }

  /** One round at a time: on a large table it may take longer than it is until the next. */
  async tend(): Promise<void> {
    this.running ??= this.tendAll().finally(() => {
      this.running = null;
    });
    await this.running;
  }

  protected run(): Promise<void> {
    return this.tend();
  }

  private async tendAll(): Promise<void> {
    const isEmbedded = this.target.kind === 'embedded';
    // The embedded database counts what changes, and makes it known only when asked to.
    if (isEmbedded) await this.dataSource.query('SELECT pg_stat_force_next_flush()');
    const tables: { name: string; is_littered: boolean }[] = await this.dataSource.query(NEGLECTED, [
      ROWS_NOT_WORTH_IT,
      DEAD_SHARE,
      isEmbedded,
    ]);
    for (const { name, is_littered: isLittered } of tables) {
      // Another process may be at it already; it need not be done twice.
      await this.dataSource.query(`${isLittered ? 'VACUUM (SKIP_LOCKED, ANALYZE)' : 'ANALYZE (SKIP_LOCKED)'} ${name}`);
    }
  }
}

/** Those of the program's own tables that have doubled since they were analyzed; of an embedded database ($3), also those full of dead rows. */
const NEGLECTED = `
  SELECT * FROM (
    SELECT s.relid::regclass::text AS name,
      $3 AND n_dead_tup > $1 + $2::float8 * n_live_tup AS is_littered,
      n_mod_since_analyze > $1 + greatest(c.reltuples, 0) AS is_unknown
    FROM pg_stat_user_tables s JOIN pg_class c ON c.oid = s.relid
    WHERE pg_has_role(c.relowner, 'USAGE')
  ) AS t WHERE is_littered OR is_unknown`;
