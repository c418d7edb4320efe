import type { PoolClient, QueryResult, QueryResultRow } from 'pg';
import type { Narrowing } from './distribution';

/** One statement, to be sent when the time has come. With a name each connection parses and plans it only once. */
export interface Statement {
  readonly name?: string;
  readonly text: string;
  readonly values: unknown[];
}

/** The connection of one group transaction, without what would leave it. */
export class GroupClient {
  private ended = false;

  /**
   * @param opening what begins the transaction, where nothing has yet; it goes out in one piece with the first statement
   * @param only for statements of this transaction, see {@link Narrowing}
   */
  constructor(
    private readonly client: PoolClient,
    private opening: readonly string[] = [],
    readonly only: Narrowing = () => '',
  ) {}

  /** Whether the transaction was committed before its time. */
  get committed(): boolean {
    return this.ended;
  }

  /** Begins the transaction without a statement behind it, and answers with what the last message of the opening gave. */
  async open(): Promise<QueryResult | QueryResult[]> {
    const opened = await allOrFirstFailure(this.inOnePiece(() => this.begin()));
    return opened.at(-1) ?? [];
  }

  async query<Row extends QueryResultRow>(statement: Statement): Promise<QueryResult<Row>> {
    const [opened, answer] = this.inOnePiece(() => [this.begin(), this.send<Row>(statement)]);
    await allOrFirstFailure([...opened, answer]);
    return answer;
  }

  /**
   * Ends the transaction with these statements: they go out together with the COMMIT, one behind the other, and nothing
   * is waited for in between. Where one fails nothing is committed, and the first failure is thrown. Answers with what
   * the first of them gave.
   */
  async commitWith<Row extends QueryResultRow>(
    first: Statement,
    ...others: readonly Statement[]
  ): Promise<QueryResult<Row>> {
    const [opened, answer, behind] = this.inOnePiece(() => [
      this.begin(),
      this.send<Row>(first),
      this.sendWithCommit(others),
    ]);
    await this.allOf([...opened, answer, ...behind]);
    return answer;
  }

  /** The same, where nothing is asked. */
  async commit(statements: readonly Statement[] = []): Promise<void> {
    await this.allOf(this.inOnePiece(() => [...this.begin(), ...this.sendWithCommit(statements)]));
  }

  /** Nothing where it has begun already. Should it fail, all that comes behind it does: the transaction is broken then. */
  private begin(): Promise<QueryResult | QueryResult[]>[] {
    const opened = this.opening.map((message) => this.client.query(message));
    this.opening = [];
    return opened;
  }

  private send<Row extends QueryResultRow>(statement: Statement): Promise<QueryResult<Row>> {
    return this.client.query<Row>({ ...statement });
  }

  private sendWithCommit(statements: readonly Statement[]): Promise<QueryResult>[] {
    return [...statements.map((statement) => this.send(statement)), this.client.query('COMMIT')];
  }

  /** Has the socket written to once, at the end of `send`: each write of its own is a system call, and a packet. */
  private inOnePiece<T>(send: () => T): T {
    const { stream: socket } = this.client.connection;
    socket.cork();
    try {
      return send();
    } finally {
      socket.uncork();
    }
  }

  /** Waits for all of them, so that nothing comes behind a ROLLBACK, and for the COMMIT, which is the last. */
  private async allOf(sent: readonly Promise<unknown>[]): Promise<void> {
    const last = (await allOrFirstFailure(sent)).at(-1) as QueryResult | undefined;
    // PostgreSQL answers ROLLBACK to the COMMIT of a transaction in which something failed.
    if (last?.command !== 'COMMIT') throw new Error('the transaction was rolled back instead of committed');
    this.ended = true;
  }
}

/** Their results once all are settled; throws what the first of those that failed was rejected with. */
async function allOrFirstFailure<T>(sent: readonly Promise<T>[]): Promise<T[]> {
  const settled = await Promise.allSettled(sent);
  return settled.map((one) => {
    if (one.status === 'rejected') throw one.reason;
    return one.value;
  });
}
