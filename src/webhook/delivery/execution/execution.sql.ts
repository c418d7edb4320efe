/**
 * Takes what is due, of several integrations at once: of each no more than its part, and of those of one tenant only so
 * many, so that nobody waits behind all that another has. $1 the lease in seconds, $2 integrations, $3 of each, $4 those
 * that are being asked, $5 their tenants, $6 integrations of a tenant at a time. Deliveries of which it is not on record
 * who took them get it by their route, for the next time. `only` is what besides is asked of each table.
 */
const claiming = (only: (table: string) => string) => `
  WITH RECURSIVE of_integration AS (
    (SELECT execution_integration_id AS id, tenant_id, confirm_at FROM deliveries
     WHERE confirm_at IS NOT NULL AND execution_integration_id IS NOT NULL${only('deliveries')}
     ORDER BY execution_integration_id, confirm_at LIMIT 1)
    UNION ALL
    SELECT next.* FROM of_integration one CROSS JOIN LATERAL (
      SELECT execution_integration_id, tenant_id, confirm_at FROM deliveries
      WHERE confirm_at IS NOT NULL AND execution_integration_id > one.id${only('deliveries')}
      ORDER BY execution_integration_id, confirm_at LIMIT 1) AS next
  ), waiting AS (
    SELECT id, confirm_at, row_number() OVER (PARTITION BY tenant_id ORDER BY confirm_at)
      + (SELECT count(*) FROM unnest($5::uuid[]) AS asked (tenant_id) WHERE asked.tenant_id = one.tenant_id) AS place
    FROM of_integration one
    WHERE confirm_at <= now() AND id <> ALL ($4::uuid[])
  ), turn AS (
    SELECT id FROM waiting WHERE place <= $6 ORDER BY place, confirm_at LIMIT $2
  ), due AS MATERIALIZED (
    SELECT taken.*, now() AS taken_at FROM turn CROSS JOIN LATERAL (
      SELECT tenant_id, id FROM deliveries
      WHERE execution_integration_id = turn.id AND confirm_at <= now()${only('deliveries')}
      ORDER BY confirm_at LIMIT $3 FOR UPDATE SKIP LOCKED) AS taken
  ), completed AS (
    UPDATE deliveries d
    SET execution_integration_id = coalesce(
      (SELECT r.integration_id FROM routes r WHERE r.tenant_id = d.tenant_id AND r.id = d.route_id${only('r')}), d.id)
    WHERE d.confirm_at IS NOT NULL AND d.execution_integration_id IS NULL${only('d')}
  )
  UPDATE deliveries d
  SET confirm_at = now() + $1 * interval '1 second', confirm_count = d.confirm_count + 1,
    execution_retry_since = CASE WHEN d.status = 'failed' THEN coalesce(d.execution_retry_since, due.taken_at) END
  FROM due
  JOIN deliveries open ON open.tenant_id = due.tenant_id AND open.id = due.id${only('open')}
  LEFT JOIN routes r ON r.tenant_id = open.tenant_id AND r.id = open.route_id${only('r')}
  LEFT JOIN integrations i ON i.tenant_id = open.tenant_id AND i.id = open.execution_integration_id AND i.kind = 'n8n'${only('i')}
  CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE e.how = 'retry')::int AS retries,
      coalesce(array_agg(e.execution_id), '{}') AS executions
    FROM delivery_executions e WHERE e.tenant_id = open.tenant_id AND e.delivery_id = open.id${only('e')}
  ) AS known
  CROSS JOIN LATERAL (
    SELECT greatest(max(a.started_at), open.execution_told_at, open.created_at) AS sent_at FROM delivery_attempts a
    WHERE a.tenant_id = open.tenant_id AND a.delivery_id = open.id${only('a')}
  ) AS sent
  WHERE d.tenant_id = due.tenant_id AND d.id = due.id${only('d')}
  RETURNING d.tenant_id, d.id, d.status, d.attempt_count, d.execution_id, d.confirm_count, d.execution_integration_id,
    d.execution_workflow_id, known.retries, known.executions, r.execution_retries,
    (extract(epoch FROM due.taken_at - sent.sent_at) * 1000)::float8 AS age_ms,
    (extract(epoch FROM due.taken_at - d.execution_retry_since) * 1000)::float8 AS retry_ms,
    CASE WHEN d.execution_told_at >= d.execution_retry_since
      THEN (extract(epoch FROM due.taken_at - d.execution_told_at) * 1000)::float8 END AS told_ms,
    i.id AS integration_id, i.base_url, i.api_key, i.signing_secret`;

export const CLAIM = claiming(() => '');

/** The same of tenant $7 alone: where the tables are spread, rows of several servers cannot be locked together. */
export const CLAIM_OF_TENANT = claiming((table) => ` AND ${table}.tenant_id = $7`);

/** Tenants of whom something is due, the longest due first. */
export const TENANTS_DUE = `
  SELECT tenant_id FROM deliveries WHERE confirm_at <= now() GROUP BY tenant_id ORDER BY min(confirm_at) LIMIT $1`;

/** Notes that n8n is about to be told to run an execution once more: whoever comes after only looks for it. */
export const TELL = `
  UPDATE deliveries d SET execution_told_at = now()
  WHERE d.tenant_id = $1 AND d.id = $2 AND d.confirm_at IS NOT NULL AND d.confirm_count = $3 AND d.status = 'failed'
  RETURNING d.id`;

/** One that is to run once more keeps the words of its failure as long as there are no others. */
export const RECORD = `
  WITH told AS MATERIALIZED (
    SELECT *, now() AS at, now() + in_ms * interval '1 millisecond' AS confirm_at
    FROM unnest($2::uuid[], $3::int[], $4::text[], $5::text[], $6::float8[], $7::text[], $8::text[])
      AS t (id, count, status, reason, in_ms, execution_id, telling)
  )
  UPDATE deliveries d
  SET status = told.status, execution_id = coalesce(told.execution_id, d.execution_id),
    reason = CASE WHEN told.status = 'failed' AND told.in_ms IS NOT NULL THEN coalesce(told.reason, d.reason)
      ELSE told.reason END,
    confirm_at = told.confirm_at,
    completed_at = CASE WHEN told.in_ms IS NULL THEN told.at END,
    execution_retry_since = CASE WHEN d.status = 'failed' AND told.status = 'failed' AND told.in_ms IS NOT NULL
      THEN d.execution_retry_since END,
    execution_told_at = CASE WHEN told.telling = 'undone' THEN NULL
      WHEN told.telling = 'begun' THEN greatest(d.execution_told_at, d.execution_retry_since) ELSE d.execution_told_at END
  FROM told
  WHERE d.tenant_id = $1 AND d.id = told.id AND d.confirm_at IS NOT NULL AND d.confirm_count = told.count
    AND d.status IN ('accepted', 'running', 'failed')
  RETURNING d.id`;

/** One that is known keeps its number. */
export const KEEP = `
  INSERT INTO delivery_executions AS e (tenant_id, delivery_id, number, execution_id, how, status, started_at, stopped_at,
    error)
  SELECT $1, told.delivery_id,
    coalesce(
      (SELECT number FROM delivery_executions k
       WHERE k.tenant_id = $1 AND k.delivery_id = told.delivery_id AND k.execution_id = told.execution_id),
      (SELECT 1 + count(*) FROM delivery_executions k WHERE k.tenant_id = $1 AND k.delivery_id = told.delivery_id)),
    told.execution_id, told.how, told.status, told.started_at, told.stopped_at, told.error
  FROM unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::timestamptz[], $8::text[])
    AS told (delivery_id, execution_id, how, status, started_at, stopped_at, error)
  ON CONFLICT (tenant_id, delivery_id, number) DO UPDATE
  SET status = excluded.status, started_at = coalesce(excluded.started_at, e.started_at),
    stopped_at = excluded.stopped_at, error = coalesce(excluded.error, e.error)`;
