import type { DeliveryStatus } from '../delivery/delivery.entity';
import { QUEUE, SCHEMA } from '../delivery/queue/delivery.queue';
import { INTERNAL_SERVICE } from '../source/source.registry';

/** $1 is a tenant, or null for all. Without it a statement goes through a table once; with it by the tenant's index. */
const chosen = (column: string): string => `($1::uuid IS NULL OR ${column} = $1)`;
/** The first few, for somebody who looks further. */
const first = (id: string, wrong: string): string =>
  `coalesce((array_agg(${id} ORDER BY ${id}) FILTER (WHERE ${wrong}))[1:5], '{}')`;

/** Also tenants that only rows tell of; not those that were deleted, whose last rows are swept in their time. */
export const TENANTS = `SELECT id AS tenant_id, name FROM tenants WHERE ${chosen('id')} ORDER BY id`;
export const DELETED_TENANTS = 'SELECT tenant_id FROM deleted_tenants';

export const COUNTERS = `
  SELECT tenant_id, metric,
    coalesce(sum(count) FILTER (WHERE period = 'total'), 0)::bigint AS total,
    coalesce(sum(count) FILTER (WHERE period = 'day'), 0)::bigint AS by_day,
    coalesce(sum(count) FILTER (WHERE period = 'month'), 0)::bigint AS by_month
  FROM usage_counters WHERE ${chosen('tenant_id')} AND metric <> 'api_calls'
  GROUP BY tenant_id, metric`;

export const REMOVALS = `
  SELECT tenant_id, stored, workflows FROM event_removals WHERE ${chosen('tenant_id')}`;

export const INTEGRATIONS = `
  SELECT tenant_id, count(*) AS integrations FROM integrations WHERE ${chosen('tenant_id')} GROUP BY tenant_id`;

const MISROUTED = 'e.routed_count <> coalesce(g.routed, 0)';

/** Events with what they were given. What came by a replay was not given to them then. */
export const EVENTS = `
  WITH given AS (
    SELECT tenant_id, event_id AS id, event_id AS given_to,
      count(*) FILTER (WHERE replay_id IS NULL) AS routed, count(replay_id) AS replayed
    FROM deliveries WHERE ${chosen('tenant_id')} GROUP BY tenant_id, event_id
  ), known AS (
    SELECT tenant_id, id, id AS known_id, service, routed_count FROM webhook_events WHERE ${chosen('tenant_id')}
  )
  SELECT tenant_id,
    count(*) FILTER (WHERE e.service <> '${INTERNAL_SERVICE}') AS stored,
    count(*) FILTER (WHERE e.service = '${INTERNAL_SERVICE}') AS own_events,
    coalesce(sum(coalesce(e.routed_count, g.routed)), 0)::bigint AS routed,
    coalesce(sum(g.routed), 0)::bigint AS deliveries,
    coalesce(sum(g.replayed), 0)::bigint AS replayed,
    count(*) FILTER (WHERE ${MISROUTED}) AS misrouted, ${first('e.known_id', MISROUTED)} AS misrouted_ids,
    count(*) FILTER (WHERE e.known_id IS NULL) AS missing, ${first('g.given_to', 'e.known_id IS NULL')} AS missing_ids
  FROM known e FULL JOIN given g USING (tenant_id, id)
  GROUP BY tenant_id`;

/**
 * What the last attempt may have come to, of a delivery that says it ended so. One that waits, for whatever reason, may
 * do so after anything, for it may have been asked to go on by hand.
 */
const ENDED_BY: Readonly<Partial<Record<DeliveryStatus, readonly string[]>>> = {
  accepted: ['delivered'],
  running: ['delivered'],
  succeeded: ['delivered'],
  failed: ['delivered'],
  unknown: ['delivered'],
  delivered: ['delivered'],
  // Given up without another attempt, where it was held for too long.
  dead: ['dead', 'held', 'none'],
};
const CONTRADICTED = Object.entries(ENDED_BY)
  .map(([status, outcomes]) => {
    const allowed = outcomes.map((outcome) => `'${outcome}'`).join(', ');
    return `(d.status = '${status}' AND coalesce(l.outcome, 'none') NOT IN (${allowed}))`;
  })
  .join(' OR ');
const MISCOUNTED = 'd.attempt_count <> coalesce(a.made, 0) OR coalesce(a.last, 0) <> d.attempt_count';

/** Deliveries with their attempts. */
export const DELIVERIES = `
  WITH made AS (
    SELECT tenant_id, delivery_id AS id, delivery_id, count(*) AS made, max(number) AS last
    FROM delivery_attempts WHERE ${chosen('tenant_id')} GROUP BY tenant_id, delivery_id
  ), known AS (
    SELECT tenant_id, id, id AS known_id, status, attempt_count, workflow_counted
    FROM deliveries WHERE ${chosen('tenant_id')}
  ), each AS (
    SELECT tenant_id AS of_tenant, delivery_id AS of_delivery, number, outcome FROM delivery_attempts
  )
  SELECT coalesce(d.tenant_id, a.tenant_id) AS tenant_id,
    coalesce(sum(a.made), 0)::bigint AS attempts,
    count(*) FILTER (WHERE d.workflow_counted) AS workflows,
    count(*) FILTER (WHERE ${MISCOUNTED}) AS miscounted, ${first('d.known_id', MISCOUNTED)} AS miscounted_ids,
    count(*) FILTER (WHERE ${CONTRADICTED}) AS contradicted, ${first('d.known_id', CONTRADICTED)} AS contradicted_ids,
    count(*) FILTER (WHERE d.known_id IS NULL) AS missing, ${first('a.delivery_id', 'd.known_id IS NULL')} AS missing_ids
  FROM known d FULL JOIN made a USING (tenant_id, id)
  LEFT JOIN each l ON l.of_tenant = a.tenant_id AND l.of_delivery = a.delivery_id AND l.number = a.last
  GROUP BY 1`;

/** Null where the queue was never opened: then there is no job at all. */
export const QUEUE_TABLE = `SELECT to_regclass('${SCHEMA}.job')::text AS name`;

const JOBS = `
  SELECT jsonb_array_elements_text(data -> 'delivery_ids')::uuid AS id FROM ${SCHEMA}.job
  WHERE name = '${QUEUE}' AND state <= 'active' AND ${chosen(`(data ->> 'tenant_id')::uuid`)}`;

export const queuedWithoutJob = (hasQueue: boolean): string => `
  WITH asked AS (${hasQueue ? JOBS : 'SELECT NULL::uuid AS id WHERE false'})
  SELECT tenant_id, count(*) AS wrong, ${first('id', 'true')} AS ids
  FROM deliveries d
  WHERE status = 'queued' AND ${chosen('tenant_id')} AND NOT EXISTS (SELECT FROM asked WHERE asked.id = d.id)
  GROUP BY tenant_id`;

/** A key may outlive its event where events are kept for less long. */
export const DEDUP_KEYS = `
  SELECT tenant_id, count(*) AS wrong, ${first('event_id', 'true')} AS ids
  FROM webhook_dedup_keys k
  WHERE ${chosen('tenant_id')}
    AND NOT EXISTS (SELECT FROM webhook_events e WHERE e.tenant_id = k.tenant_id AND e.id = k.event_id)
    AND NOT EXISTS (SELECT FROM event_removals r WHERE r.tenant_id = k.tenant_id AND k.event_id <= r.up_to)
  GROUP BY tenant_id`;
