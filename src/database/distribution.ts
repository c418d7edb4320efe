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
  ['deleted_tenants', 'the triggers of the audit trail read it beside the rows that they guard'],
]);

/** Tables that are nobody's and stay on the server that is connected to, as those of the queue do. */
export const LOCAL_TABLES: ReadonlyMap<string, string> = new Map([
  ['mira_migrations', 'what was done to the schema'],
  ['rate_limit_buckets', 'a client may be an address; written far more often than read'],
  ['service_minutes', 'a row a minute, of all tenants together'],
  ['sign_in_failures', 'a name that somebody tries may be nobody’s'],
]);
