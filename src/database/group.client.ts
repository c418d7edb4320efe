import type { PoolClient, QueryResult, QueryResultRow } from 'pg';

/**
 * The connection of one group transaction. Its point is {@link prepared}: the embedded database serves all
 * connections from one session, where a statement prepared by one would stand in the way of the next.
 */
export class GroupClient {
  constructor(
    private readonly client: PoolClient,
    private readonly sessionIsOwn: boolean,
  ) {}

  query<Row extends QueryResultRow>(text: string, values?: unknown[]): Promise<QueryResult<Row>> {
    return this.client.query<Row>(text, values);
  }

  /** Runs a statement that a session parses and plans only once, under `name`, where sessions are told apart. */
  prepared<Row extends QueryResultRow>(name: string, text: string, values: unknown[]): Promise<QueryResult<Row>> {
    return this.client.query<Row>(this.sessionIsOwn ? { name, text, values } : { text, values });
  }
}
