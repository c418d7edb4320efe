import type { PoolClient, QueryResult, QueryResultRow } from 'pg';

/** One statement, to be sent when the time has come. With a name each connection parses and plans it only once. */
export interface Statement {
  readonly name?: string;
  readonly text: string;
  readonly values: unknown[];
}

/** The connection of one group transaction, without what would leave it. */
export class GroupClient {
  private ended = false;

  constructor(private readonly client: PoolClient) {}

  /** Whether the transaction was committed before its time. */
  get committed(): boolean {
    return this.ended;
  }

  query<Row extends QueryResultRow>(statement: Statement): Promise<QueryResult<Row>> {
    return this.client.query<Row>({ ...statement });
  }

  /**
   * Ends the transaction with these statements: they go out together with the COMMIT, one behind the other, and nothing
   * is waited for in between. Their results, in their order; the first failure where one fails, and nothing is
   * committed then.
   */
  async commitWith(...statements: readonly Statement[]): Promise<QueryResult[]> {
    const sent = [...statements.map((statement) => this.query(statement)), this.client.query('COMMIT')];
    const settled = await Promise.allSettled(sent);
    const results = settled.map((one) => {
      if (one.status === 'rejected') throw one.reason;
      return one.value;
    });
    // What PostgreSQL answers to the COMMIT of a transaction in which something failed.
    if (results.pop()?.command !== 'COMMIT') throw new Error('the transaction was rolled back instead of committed');
    this.ended = true;
    return results;
  }
}
