import { INTERNAL_SERVICE } from '../source/source.registry';

/** $1 is an id that none of what is to be kept is below. */
export const TENANTS_WITH_EVENTS_BEFORE = `
  SELECT t.id FROM tenants t
  WHERE EXISTS (SELECT FROM webhook_events e WHERE e.tenant_id = t.id AND e.id < $1)
  ORDER BY t.id`;

/** The same where tables are spread: tenants' rows are not looked for beside a row that every server has. */
export const TENANTS_WITH_EVENTS_BEFORE_OF_ALL_SERVERS =
  'SELECT DISTINCT tenant_id AS id FROM webhook_events WHERE id < $1 ORDER BY 1';

export const EVENTS_BEFORE = `
  SELECT id FROM webhook_events WHERE tenant_id = $1 AND id > $2 AND id < $3 ORDER BY id LIMIT $4`;

/**
 * Of some events; nobody changes them until the transaction ends. Open is what waits for an attempt, what is asked after
 * at n8n, and what others wait behind.
 */
export const DELIVERIES_OF = `
  SELECT id, event_id,
    status IN ('queued', 'held') OR confirm_at IS NOT NULL OR (status = 'dead' AND position IS NOT NULL) AS is_open
  FROM deliveries WHERE tenant_id = $1 AND event_id = ANY ($2::uuid[]) ORDER BY id FOR UPDATE`;

/**
 * Events ($2, of which $4 is the last) with their deliveries ($3), and a note of how many that were. Dedup keys stay for as
 * long as they mean something: they have days of their own.
 */
export const REMOVE = `
  WITH attempts AS (
    DELETE FROM delivery_attempts WHERE tenant_id = $1 AND delivery_id = ANY ($3::uuid[])
  ), executions AS (
    DELETE FROM delivery_executions WHERE tenant_id = $1 AND delivery_id = ANY ($3::uuid[])
  ), handled AS (
    DELETE FROM agent_handled_events WHERE tenant_id = $1 AND event_id = ANY ($2::uuid[])
  ), given AS (
    DELETE FROM deliveries WHERE tenant_id = $1 AND id = ANY ($3::uuid[]) RETURNING workflow_counted
  ), events AS (
    DELETE FROM webhook_events WHERE tenant_id = $1 AND id = ANY ($2::uuid[]) RETURNING service
  ), removed AS (
    SELECT $1::uuid AS tenant_id, $4::uuid AS up_to,
      (SELECT count(*) FROM events WHERE service <> '${INTERNAL_SERVICE}') AS stored,
      (SELECT count(*) FROM events WHERE service = '${INTERNAL_SERVICE}') AS own_events,
      (SELECT count(*) FROM given) AS deliveries,
      (SELECT count(*) FROM given WHERE workflow_counted) AS workflows
  ), noted AS (
    INSERT INTO event_removals AS r (tenant_id, up_to, stored, own_events, deliveries, workflows, removed_at)
    SELECT tenant_id, up_to, stored, own_events, deliveries, workflows, now() FROM removed
    ON CONFLICT (tenant_id) DO UPDATE SET
      up_to = greatest(r.up_to, excluded.up_to), stored = r.stored + excluded.stored,
      own_events = r.own_events + excluded.own_events, deliveries = r.deliveries + excluded.deliveries,
      workflows = r.workflows + excluded.workflows, removed_at = excluded.removed_at
    RETURNING tenant_id
  )
  SELECT count(*) FROM noted`;
