import { INTERNAL_SERVICE } from '../source/source.registry';

/** $1 is an id that none of what is to be kept is below. */
export const TENANTS_WITH_EVENTS_BEFORE = `
  SELECT t.id FROM tenants t
  WHERE EXISTS (SELECT FROM webhook_events e WHERE e.tenant_id = t.id AND e.id < $1)
  ORDER BY t.id`;

/** The same where tables are spread: tenants' rows are not looked for beside a row that every server has. */
export const TENANTS_WITH_EVENTS_BEFORE_OF_ALL_SERVERS =
  'SELECT DISTINCT tenant_id AS id FROM webhook_events WHERE id < $1 ORDER BY 1';

/** Before all that refers to it, as whoever deletes the tenant does it. No row where there is no such tenant any more. */
export const HOLD_TENANT = 'SELECT id FROM tenants WHERE id = $1 FOR KEY SHARE';

/** It is to find all that it was begun for. */
export const RUNNING_REPLAY = `SELECT id FROM replays WHERE tenant_id = $1 AND state = 'running' LIMIT 1`;

export const EVENTS_BEFORE = `
  SELECT id FROM webhook_events WHERE tenant_id = $1 AND id > $2 AND id < $3 ORDER BY id LIMIT $4`;

/**
 * Whether a delivery `d` keeps its event: it waits for an attempt, is asked after at n8n, stands dead where others wait
 * behind it, or ended after $3, so that there is time to look at it and to try it again.
 */
const KEEPS = `(d.status IN ('queued', 'held') OR d.confirm_at IS NOT NULL OR coalesce(d.completed_at >= $3, false)
  OR (d.status = 'dead' AND d.position IS NOT NULL AND EXISTS (
    SELECT FROM routes r WHERE r.tenant_id = $1 AND r.id = d.route_id AND r.ordered)))`;

export const KEPT_EVENTS = `
  SELECT DISTINCT d.event_id FROM deliveries d WHERE d.tenant_id = $1 AND d.event_id = ANY ($2::uuid[]) AND ${KEEPS}`;

/** In the order in which all lock them. Nobody changes them until the transaction ends, and somebody may have before. */
export const LOCK_DELIVERIES_OF = `
  SELECT d.id, d.event_id, ${KEEPS} AS keeps
  FROM deliveries d WHERE d.tenant_id = $1 AND d.event_id = ANY ($2::uuid[]) ORDER BY d.id FOR UPDATE OF d`;

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
      (SELECT count(*) FROM given WHERE workflow_counted) AS workflows
  ), noted AS (
    INSERT INTO event_removals AS r (tenant_id, up_to, stored, workflows)
    SELECT tenant_id, up_to, stored, workflows FROM removed
    ON CONFLICT (tenant_id) DO UPDATE SET
      up_to = greatest(r.up_to, excluded.up_to), stored = r.stored + excluded.stored,
      workflows = r.workflows + excluded.workflows
    RETURNING tenant_id
  )
  SELECT count(*) FROM noted`;
