import type { Client } from 'pg';
import type { Say } from '../suite.ts';
import { onDatabase } from '../support/scratch-server.ts';

/** What a Mira has stored after a long time, as rows that were written directly. */
export interface Grown {
  readonly events: number;
  readonly tenants: number;
}

/** The share of all events that belong to the tenant that is measured. */
const OWN_SHARE = 0.1;
const DAYS = 30;
/** One event of so many has the rare type. */
export const RARE_ONE_IN = 20_000;
/** Rows of one statement. */
const CHUNK = 200_000;

/**
 * Events of the last days with their dedup keys, a delivery each, its attempt, and each tenant's counters. A tenth of them
 * is the default tenant's own, the rest is shared out evenly. Tenant by tenant, so that indexes grow at their end.
 */
export async function grow(databaseUrl: string, { events, tenants }: Grown, say: Say): Promise<void> {
  const startedAt = performance.now();
  await onDatabase(databaseUrl, async (client) => {
    await client.query('SET synchronous_commit = off; SET statement_timeout = 0');
    await addTenants(client, tenants);
    const own = Math.round(events * OWN_SHARE);
    await addEvents(client, 'is_default', own);
    const each = Math.ceil((events - own) / tenants);
    const atOnce = Math.max(1, Math.floor(CHUNK / each));
    for (let from = 0; from < tenants; from += atOnce) {
      await addEvents(client, `name >= ${nameOf(from)} AND name < ${nameOf(from + atOnce)}`, each);
      const done = Math.min(1, (from + atOnce) / tenants);
      if (Math.floor(done * 10) > Math.floor((from / tenants) * 10)) {
        say(`  filled ${Math.round(done * 100)} % in ${seconds(startedAt)} s`);
      }
    }
    await client.query(COUNTERS);
    // As autovacuum does in its time, and so that what was filled in is not still being written out when we measure.
    await client.query(`VACUUM (ANALYZE) ${TABLES}`);
    await client.query('CHECKPOINT');
  });
  say(`  filled in ${seconds(startedAt)} s`);
}

/** What it all takes on the disk, in MiB. */
export async function sizeMiB(databaseUrl: string): Promise<number> {
  return onDatabase(databaseUrl, async (client) => {
    const { rows } = await client.query<{ size: number }>(
      'SELECT (pg_database_size(current_database()) / 1048576)::int AS size',
    );
    return rows[0]?.size ?? NaN;
  });
}

const TABLES = 'tenants, webhook_events, webhook_dedup_keys, deliveries, delivery_attempts, usage_counters';

const COUNTERS = `
  INSERT INTO usage_counters (tenant_id, metric, period, starts_on, count)
  SELECT id, 'webhooks_received', 'day', (now() AT TIME ZONE 'UTC')::date - day, 100
  FROM tenants, generate_series(0, ${DAYS - 1}) AS day ORDER BY tenants.id ON CONFLICT DO NOTHING`;

async function addTenants(client: Client, count: number): Promise<void> {
  await client.query(
    `INSERT INTO tenants (id, name, tier)
     SELECT gen_random_uuid(), 'grown ' || lpad(n::text, 8, '0'), 'enterprise' FROM generate_series(0, $1::int - 1) AS n`,
    [count],
  );
}

/** A literal; the names have the order of their numbers. */
function nameOf(n: number): string {
  return `'grown ${String(n).padStart(8, '0')}'`;
}

/** So many of each tenant that the condition holds for, spread over the days, ids and all as the program makes them. */
async function addEvents(client: Client, whose: string, each: number): Promise<void> {
  for (let from = 0; from < each; from += CHUNK) {
    await client.query(ADD(whose), [from, Math.min(from + CHUNK, each) - 1, each]);
  }
}

/** A UUIDv7 of the event's moment; the rest is made up from its tenant and number. */
const ID = `overlay(overlay((lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0')
  || substr(md5(t.id::text || n), 1, 20)) PLACING '7' FROM 13) PLACING '8' FROM 17)::uuid`;

const ADD = (whose: string) => `
  WITH made AS (
    SELECT t.id AS tenant_id, n, at, ${ID} AS id
    FROM (SELECT id FROM tenants WHERE ${whose}) AS t, generate_series($1::int, $2::int) AS n,
      LATERAL (SELECT now() - interval '${DAYS} days' * (1 - (n + 0.5) / $3::int)) AS m (at)
  ), events AS (
    INSERT INTO webhook_events (tenant_id, id, service, event_type, dedup_key, content_type, headers, body, received_at,
      routed_count)
    SELECT tenant_id, id, 'github',
      CASE WHEN n % ${RARE_ONE_IN} = 0 THEN 'rare' ELSE (ARRAY['push', 'issues', 'release', 'fork'])[n % 4 + 1] END,
      id::text, 'application/json',
      '{"content-type": "application/json", "user-agent": "GitHub-Hookshot/0000000", "x-github-hook-id": "123456789"}',
      convert_to(rpad('{"n":' || n || ',"text":"', 498, md5(n::text)) || '"}', 'UTF8'), at, 1
    FROM made m ORDER BY m.tenant_id, m.id
  ), keys AS (
    INSERT INTO webhook_dedup_keys (tenant_id, scope, dedup_key, proof_hash, event_id, received_at)
    SELECT tenant_id, 'github', id::text, sha256(convert_to(id::text, 'UTF8')), id, at FROM made m ORDER BY m.tenant_id, m.id::text
  ), planned AS (
    INSERT INTO deliveries (tenant_id, id, event_id, route_id, status, attempt_count, created_at, completed_at)
    SELECT tenant_id, id, id, tenant_id, 'delivered', 1, at, at + interval '20 ms' FROM made m ORDER BY m.tenant_id, m.id
  )
  INSERT INTO delivery_attempts (tenant_id, delivery_id, number, started_at, duration_ms, outcome, status_code,
    response_headers, response_body)
  SELECT tenant_id, id, 1, at, 5 + n % 97, 'delivered', 200, '{"content-type": "application/json"}',
    '{"message":"Workflow was started"}'
  FROM made m ORDER BY m.tenant_id, m.id`;

function seconds(startedAt: number): number {
  return Math.round((performance.now() - startedAt) / 1_000);
}
