import type { Say } from '../suite.ts';
import type { LimitsStage } from './limits.stage.ts';

export const ROWS = 1_000_000;
/** Rows of one statement: the embedded database makes all others wait meanwhile. */
const CHUNK = 20_000;
const METRICS = 9;
const DAYS = 1_096;
/** As many as analytics look at, and some more. */
const ATTEMPTS = 12_000;

/** A million rows of usage, of many tenants; a million entries in the tenant's own trail; and a day of attempts. */
export async function fill(stage: LimitsStage, say: Say): Promise<void> {
  const startedAt = performance.now();
  await fillUsage(stage);
  await fillTrail(stage, say);
  await stage.sql(
    `INSERT INTO delivery_attempts (tenant_id, delivery_id, number, started_at, duration_ms, outcome, status_code)
     SELECT $1, (lpad(to_hex((extract(epoch FROM now()) * 1000 - n)::bigint), 12, '0') || '70008'
         || lpad(to_hex(n), 15, '0'))::uuid,
       1, now() - n * interval '1 ms', 5 + n % 97, CASE WHEN n % 50 = 0 THEN 'dead' ELSE 'delivered' END, 200
     FROM generate_series(1, $2) AS n`,
    [stage.tenantId, ATTEMPTS],
  );
  // As autovacuum does in its time.
  for (const table of ['usage_counters', 'audit_logs', 'delivery_attempts']) await stage.sql(`ANALYZE ${table}`);
  say(`  filled in ${Math.round((performance.now() - startedAt) / 1_000)} s`);
}

/** Three years of each metric, of the tenant itself and of as many others as it takes. */
async function fillUsage(stage: LimitsStage): Promise<void> {
  const { tenantId } = stage;
  const metrics = await stage.sql('SELECT unnest($1::text[]) AS metric', [
    [
      'users_created',
      'projects_created',
      'webhooks_received',
      'events_synced',
      'webhooks_refused',
      'workflows_executed',
      'workflows_triggered',
      'integrations_active',
      'api_calls',
    ],
  ]);
  if (metrics.length !== METRICS) throw new Error('a metric is missing');
  const names = metrics.map((row) => row['metric']);
  const insert = `
    INSERT INTO usage_counters (tenant_id, metric, period, starts_on, count)
    SELECT tenant_id, metric, 'day', (now() AT TIME ZONE 'UTC')::date - day, (day * 7919) % 1000
    FROM unnest($1::uuid[]) AS t (tenant_id), unnest($2::text[]) AS m (metric), generate_series(0, $3::int - 1) AS day
    ON CONFLICT DO NOTHING`;
  await stage.sql(insert, [[tenantId], names, DAYS]);
  const others = Math.ceil(ROWS / (METRICS * DAYS)) - 1;
  for (let n = 0; n < others; n += 2) {
    const two = await stage.sql('SELECT gen_random_uuid() AS id FROM generate_series(1, 2)', []);
    await stage.sql(insert, [two.map(({ id }) => id), names, DAYS]);
  }
}

/** A chain as the program makes it, entry upon entry; only its checkpoints are missing. */
async function fillTrail(stage: LimitsStage, say: Say): Promise<void> {
  const { tenantId } = stage;
  await stage.sql('ALTER TABLE audit_heads DISABLE TRIGGER USER', []);
  for (let upTo = CHUNK; upTo <= ROWS; upTo += CHUNK) {
    await stage.sql(EXTEND, [tenantId, upTo]);
    if (upTo % (ROWS / 4) === 0) say(`  ${upTo} entries`);
  }
  await stage.sql('ALTER TABLE audit_heads ENABLE TRIGGER USER', []);
}

const EXTEND = `
  WITH RECURSIVE head AS (
    SELECT seq, hash FROM audit_heads WHERE tenant_id = $1
    UNION ALL SELECT 0, decode(repeat('00', 32), 'hex')
    WHERE NOT EXISTS (SELECT FROM audit_heads WHERE tenant_id = $1)
  ), chain AS (
    SELECT seq, hash, NULL::text AS content FROM head
    UNION ALL
    SELECT c.seq + 1, sha256(convert_to(concat_ws(E'\\n', '1', $1::uuid, c.seq + 1, encode(c.hash, 'hex'), n.content), 'UTF8')),
      n.content
    FROM chain c CROSS JOIN LATERAL (
      SELECT json_build_object(
        'id', (lpad(to_hex((extract(epoch FROM now()) * 1000)::bigint - (${ROWS} - c.seq) * 20000), 12, '0') || '70008'
          || lpad(to_hex(c.seq), 15, '0'))::uuid,
        'at_ms', (extract(epoch FROM now()) * 1000)::bigint - (${ROWS} - c.seq) * 20000,
        'user_id', md5((c.seq % 50)::text)::uuid, 'api_key_id', NULL, 'home_tenant_id', NULL,
        'action', (ARRAY['user.updated', 'project.created', 'route.updated', 'session.started'])[c.seq % 4 + 1],
        'resource_type', (ARRAY['user', 'project', 'route', 'session'])[c.seq % 4 + 1],
        'resource_id', md5((c.seq % 997)::text)::uuid, 'outcome', 'allowed', 'request_id', 'r-' || c.seq,
        'before', json_build_object('name', 'A name of ' || c.seq), 'after', json_build_object('name', 'Another'),
        'personal_digest', NULL)::text AS content
    ) AS n
    WHERE c.seq < $2
  ), added AS (
    INSERT INTO audit_logs (tenant_id, seq, form, content, hash)
    SELECT $1, seq, 1, content::json, hash FROM chain WHERE content IS NOT NULL
    RETURNING seq, hash
  )
  INSERT INTO audit_heads SELECT $1, seq, hash FROM added ORDER BY seq DESC LIMIT 1
  ON CONFLICT (tenant_id) DO UPDATE SET seq = excluded.seq, hash = excluded.hash`;
