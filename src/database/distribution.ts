/**
 * How tables lie where the database is spread over several servers: rows of a tenant together, found by its id. What
 * stands here are the exceptions, each with its reason; every other table has the id in its key and in all that is unique.
 */

/**
 * Tables of which each server has a copy. What is unique among all tenants, because it is asked for before it is known
 * whose it is, can be held to that in one place only; writing to such a table takes all servers.
 */
export const REFERENCE_TABLES: ReadonlyMap<string, string> = new Map([
  ['tenants', 'one of all is the default; every other table refers to it'],
  ['users', 'who signs in gives a name or an address, and no tenant'],
  ['api_keys', 'a key is looked up by its hash'],
  ['sessions', 'the tokens below refer to them'],
  ['refresh_tokens', 'a token is looked up by its hash'],
  ['webhook_endpoints', 'a sender knows the id of the endpoint alone'],
  ['plan_overrides', 'what a tenant may do is asked for beside its row in `tenants`, for many at once'],
  ['deleted_tenants', 'the triggers of the audit trail read it beside the rows that they guard'],
]);

/**
 * What a statement asks of a tenant's table besides, by the name that it has there, to show on which server its rows are.
 */
export type Narrowing = (table: string) => string;

/**
 * On one server nothing: what joins by the tenant finds its rows. Where tables are spread, statements are about one tenant
 * at a time, and a coordinator of Citus sends one to that tenant's server as it is where each table is held to a constant.
 * Joins, row locks and subqueries over several servers it takes in part only, and slowly. `$1` are the tenants of the rows.
 */
export function narrowing(layout: { readonly isDistributed?: boolean } | undefined): Narrowing {
  return layout?.isDistributed ? (table) => ` AND ${table}.tenant_id = ($1::uuid[])[1]` : () => '';
}

/** Tables that are nobody's and stay on the server that is connected to, as those of the queue do. */
export const LOCAL_TABLES: ReadonlyMap<string, string> = new Map([
  ['mira_migrations', 'what was done to the schema'],
  ['rate_limit_buckets', 'a client may be an address; written far more often than read'],
  ['service_minutes', 'a row a minute, of all tenants together'],
  ['turns', 'which process does what, of all servers together'],
  ['sign_in_failures', 'a name that somebody tries may be nobody’s'],
]);
