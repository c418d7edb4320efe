import { BenchmarkRegistry } from '@mira/benchmark';
import { Inject, Injectable, Optional } from '@nestjs/common';
import type { QueryResult } from 'pg';
import { DataSource, type EntityManager } from 'typeorm';
import { DATABASE_TARGET, type DatabaseTarget } from './database-target';
import { withinDeadline } from './deadline';
import { narrowing } from './distribution';
import { GroupClient } from './group.client';
import { TENANT_ROLE } from './tenant.role';

/** The wait for a connection and all of a transaction; a problem that is thrown in it is an error too. */
export const TRANSACTION = 'database_transaction';

/** Compiling a plan takes longer than any of these reads may: 20 ms of the 120 that a look through 20,000 events took. */
const NO_JIT = 'SET LOCAL jit = off';

/** Has a coordinator of Citus hand every SET LOCAL of the transaction on: not those of the queue, which come with BEGIN. */
const HAND_ON = `SET LOCAL citus.propagate_set_commands = 'local'`;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/**
 * The only way to tenant-owned rows. Inside its transactions the database itself shows and takes the rows
 * of the named tenants alone, so a forgotten WHERE finds nothing of anybody else's.
 */
@Injectable()
export class TenantDatabase {
  constructor(
    private readonly dataSource: DataSource,
    @Optional() private readonly benchmarks: BenchmarkRegistry = new BenchmarkRegistry(),
    @Optional() @Inject(DATABASE_TARGET) private readonly target?: Pick<DatabaseTarget, 'isDistributed'>,
  ) {}

  /** Whether a group transaction is to be of one tenant, for the rows of several are on several servers. */
  get isDistributed(): boolean {
    return this.target?.isDistributed ?? false;
  }

  /** Runs `work` in one transaction that sees `tenantId`'s rows only. Await nothing but SQL inside. */
  async transaction<T>(tenantId: string, work: (manager: EntityManager) => Promise<T>): Promise<T> {
    const scope = this.scope([tenantId]);
    return this.benchmarks.measure(TRANSACTION, () =>
      this.dataSource.transaction(async (manager) => {
        await manager.query(`${scope}; ${NO_JIT}`);
        return work(manager);
      }),
    );
  }

  /**
   * One transaction over the rows of several tenants, on the bare driver: for the hot paths that commit in groups.
   * `preamble` is SQL without parameters, sent in the same round trip as BEGIN and the scope; the result of its last
   * statement comes first, and then that of the one before it. See {@link pipeline} for where nothing need be asked first.
   * Ends itself after `timeoutMs` by closing the connection, so that a database that hangs cannot hold its callers.
   */
  async groupTransaction<T>(
    tenantIds: readonly string[],
    options: { preamble: string; timeoutMs: number },
    work: (client: GroupClient, last: QueryResult, before: QueryResult) => Promise<T>,
  ): Promise<T> {
    return this.benchmarks.measure(TRANSACTION, () =>
      withinDeadline(this.dataSource, options.timeoutMs, async (client) => {
        const group = new GroupClient(
          client,
          this.messages('BEGIN', this.scope(tenantIds), options.preamble),
          narrowing(this.target),
        );
        const opened = await group.open();
        const result = await work(group, fromEnd(opened, 1), fromEnd(opened, 2));
        if (!group.committed) await group.commit();
        return result;
      }),
    );
  }

  /**
   * The same without a preamble: BEGIN and the scope go out with the first statement, so that a transaction of one
   * `commitWith` is a single round trip.
   */
  async pipeline<T>(
    tenantIds: readonly string[],
    { timeoutMs }: { timeoutMs: number },
    work: (client: GroupClient) => Promise<T>,
  ): Promise<T> {
    const messages = this.messages('BEGIN', this.scope(tenantIds));
    return this.benchmarks.measure(TRANSACTION, () =>
      withinDeadline(this.dataSource, timeoutMs, async (client) => {
        const group = new GroupClient(client, messages, narrowing(this.target));
        const result = await work(group);
        if (!group.committed) await group.commit();
        return result;
      }),
    );
  }

  /** What makes the transaction the tenants': on the other servers of a Citus too, which are not told otherwise. */
  private scope(tenantIds: readonly string[]): string {
    return this.isDistributed ? `${HAND_ON}; ${scopeStatements(tenantIds)}` : scopeStatements(tenantIds);
  }

  /**
   * All of them in one message, which is quickest to read; one by one for a coordinator of Citus, which hands a SET LOCAL
   * on as the text of the whole message that it came in.
   */
  private messages(...statements: readonly string[]): readonly string[] {
    return this.isDistributed ? statements : [statements.join('; ')];
  }
}

/** SET LOCAL takes no parameters: the ids are checked to be nothing but ids. */
function scopeStatements(tenantIds: readonly string[]): string {
  for (const id of tenantIds) {
    if (!UUID.test(id)) throw new Error('A tenant-scoped transaction needs tenant ids');
  }
  if (tenantIds.length === 0) throw new Error('A tenant-scoped transaction needs at least one tenant');
  return `SET LOCAL ROLE ${TENANT_ROLE}; SET LOCAL app.tenant_id = '${tenantIds.join(',')}'`;
}

function fromEnd(results: QueryResult | QueryResult[], place: number): QueryResult {
  const result = Array.isArray(results) ? results.at(-place) : results;
  if (!result) throw new Error('a statement gave no result');
  return result;
}
