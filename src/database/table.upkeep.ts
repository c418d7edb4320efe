import { BenchmarkRegistry } from '@mira/benchmark';
import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { DATABASE_TARGET, type DatabaseTarget } from './database-target';
import { TRANSACTION } from './tenant.database';
import { Upkeep } from './upkeep';

/** So few rows are found fast by any plan, and so few dead ones are in nobody's way. */
const ROWS_NOT_WORTH_IT = 500;
/** A sample of 3,000 rows: enough for the choice of an index, and soon done. */
const STATISTICS_TARGET = 10;
/** So few transactions between two looks are a quiet time. */
const QUIET = 50;
/** How many dead rows a table may have beside its live ones, in quiet times (as with autovacuum) and in others. */
const DEAD_SHARE = { quiet: 0.2, busy: 2 } as const;

/**
 * Keeps the planner's picture of the tables near the truth. Statements of the hot paths are planned once a connection,
 * and on a young database that is for tables of a few rows: a plan that reads a table whole would stay while it grows,
 * until PostgreSQL's autovacuum comes by, about a minute later. So a table is looked at anew each time it has doubled.
 *
 * The embedded database has no autovacuum at all: there dead rows are cleared away here too. Everybody waits meanwhile, for
 * there is one backend; so it is done when little else is, and under load only where they are many.
 */
@Injectable()
export class TableUpkeep extends Upkeep {
  protected readonly everyMs = 5_000;
  private running: Promise<void> | null = null;
  private transactions = 0;

  constructor(
    private readonly dataSource: DataSource,
    @Inject(DATABASE_TARGET) private readonly target: DatabaseTarget,
    private readonly benchmarks: BenchmarkRegistry,
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
    const values = [ROWS_NOT_WORTH_IT, this.isQuiet() ? DEAD_SHARE.quiet : DEAD_SHARE.busy, isEmbedded];
    const tables: NeglectedTable[] = await this.dataSource.query(NEGLECTED, values);
    for (const { name, is_littered: isLittered, is_unknown: isUnknown } of tables) {
      // Another process may be at it already; it need not be done twice.
      if (isLittered) await this.dataSource.query(`VACUUM (SKIP_LOCKED) ${name}`);
      if (isUnknown) await this.analyze(name);
    }
  }

  private async analyze(table: string): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      await manager.query(`SET LOCAL default_statistics_target = ${STATISTICS_TARGET}`);
      await manager.query(`ANALYZE (SKIP_LOCKED) ${table}`);
    });
  }

  private isQuiet(): boolean {
    const before = this.transactions;
    this.transactions = this.benchmarks.histogram(TRANSACTION)?.size ?? 0;
    return this.transactions - before <= QUIET;
  }
}

interface NeglectedTable {
  readonly name: string;
  readonly is_littered: boolean;
  readonly is_unknown: boolean;
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
