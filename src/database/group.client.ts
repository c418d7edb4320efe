import type { PoolClient, QueryResult, QueryResultRow } from 'pg';

/** The connection of one group transaction, without what would end or leave it. */
export class GroupClient {
  constructor(private readonly client: PoolClient) {}

  query<Row extends QueryResultRow>(text: string, values?: unknown[]): Promise<QueryResult<Row>> {
    return this.client.query<Row>(text, values);
  }

  /** Runs a statement that each connection parses and plans only once, under `name`. */
  prepared<Row extends QueryResultRow>(name: string, text: string, values: unknown[]): Promise<QueryResult<Row>> {
    return this.client.query<Row>({ name, text, values });
  }
}
