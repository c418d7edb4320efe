import type { Narrowing } from '../../database/distribution';
import { DAILY_WEBHOOKS } from '../../enterprise/plan/held-quotas';
import { limitSql } from '../../enterprise/plan/plan.sql';
import { UNLIMITED } from '../../enterprise/plan/plans';
import { periodsOf } from '../../enterprise/usage/periods';
import type { UsageClock } from '../../enterprise/usage/usage.clock';
import { INTERNAL_SERVICE } from '../source/source.registry';

const COLUMNS = `tenant_id, id, endpoint_id, service, event_type, scope, dedup_key, proof_hash, content_type, headers,
  body_offset, body_length, trace_parent, received_at, routed_count`;

const OFFERED = `
  SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[],
    $8::bytea[], $9::text[], $10::text[], $12::int[], $13::int[], $14::text[], $15::timestamptz[],
    $22::smallint[]) AS t (${COLUMNS})`;

const NONE_REFUSED = 'refused AS (SELECT NULL::uuid AS tenant_id, NULL::uuid AS id WHERE false)';

/** All are within their quotas. */
const UNRESTRICTED = `
  incoming AS (${OFFERED}), ${NONE_REFUSED}`;

/**
 * All of it, or none: where what is remembered of the tenants no longer holds, which is that they have no limit, and that
 * their routes ($21) are those of this version ($23).
 */
const asRemembered = ({ now }: UsageClock, only: Narrowing): string => `
  known AS (
    SELECT count(*) = cardinality($21::uuid[]) AS holds
    FROM unnest($21::uuid[], $23::bigint[]) AS k (tenant_id, version)
    JOIN tenants t ON t.id = k.tenant_id AND ${limitSql(DAILY_WEBHOOKS.limit, now)} = ${UNLIMITED}
    LEFT JOIN route_versions v ON v.tenant_id = k.tenant_id${only('v')}
    WHERE coalesce(v.version, 0) = k.version
  ), incoming AS (SELECT * FROM (${OFFERED}) AS o WHERE (SELECT holds FROM known)), ${NONE_REFUSED}`;

/**
 * Some tenants may not have room for all of theirs ($23, and how much in $24). What is there already costs nothing, so
 * the places go to those whose keys are new, in the order in which they came. Keys of these tenants cannot come
 * meanwhile, for whoever stores for them holds their counter. Of several with one key the first decides for all.
 */
const withinQuota = (only: Narrowing) => `
  offered AS (${OFFERED}),
  quota AS (SELECT * FROM unnest($23::uuid[], $24::int[]) AS q (tenant_id, remaining)),
  fresh AS (
    SELECT o.id, o.tenant_id, remaining, first_value(o.id) OVER
      (PARTITION BY o.tenant_id, scope, dedup_key IS NULL, coalesce(dedup_key, o.id::text) ORDER BY o.id) AS first_id
    FROM offered o JOIN quota ON quota.tenant_id = o.tenant_id
    WHERE NOT EXISTS (SELECT FROM webhook_dedup_keys k WHERE k.tenant_id = o.tenant_id AND k.scope = o.scope
      AND (k.dedup_key = o.dedup_key OR k.proof_hash = o.proof_hash)${only('k')})
  ), placed AS (
    SELECT id, row_number() OVER (PARTITION BY tenant_id ORDER BY id) AS place FROM fresh WHERE id = first_id
  ), refused AS (
    SELECT fresh.tenant_id, fresh.id FROM fresh JOIN placed ON placed.id = fresh.first_id WHERE place > remaining
  ), incoming AS (
    SELECT * FROM offered WHERE id NOT IN (SELECT id FROM refused)
  )`;

/**
 * Keys first: an event is stored only if its key was free. Without a key it always is. The bodies come as one value,
 * for the driver sends a Buffer as it is, but would write out an array of them in hexadecimal. The counters come last,
 * for they are what groups of one tenant wait for; in one order, so that two groups never wait in a circle. What is
 * inserted is answered with, although nobody asks: else Citus would COPY it, which tables under row-level security refuse.
 */
const storing = (incoming: string, day: string, more = '') => `
  WITH ${incoming},
  claimed AS (
    INSERT INTO webhook_dedup_keys (tenant_id, scope, dedup_key, proof_hash, event_id, received_at)
    SELECT tenant_id, scope, dedup_key, proof_hash, id, received_at FROM incoming WHERE dedup_key IS NOT NULL
    ON CONFLICT DO NOTHING
    RETURNING event_id
  ), stored AS (
    INSERT INTO webhook_events (tenant_id, id, endpoint_id, service, event_type, dedup_key, content_type, headers,
      body, trace_parent, received_at, routed_count)
    SELECT tenant_id, id, endpoint_id, service, event_type, dedup_key, content_type, headers::jsonb,
      substr($11::bytea, body_offset, body_length), trace_parent, received_at, routed_count
    FROM incoming
    WHERE dedup_key IS NULL OR id IN (SELECT event_id FROM claimed)
    RETURNING tenant_id, id, service, received_at
  ), planned AS (
    INSERT INTO deliveries (tenant_id, id, event_id, route_id, agent_name, next_attempt_at, created_at)
    SELECT d.tenant_id, d.id, d.event_id, d.route_id, d.agent_name, stored.received_at, stored.received_at
    FROM unnest($16::uuid[], $17::uuid[], $18::uuid[], $19::uuid[], $20::text[])
      AS d (tenant_id, id, event_id, route_id, agent_name)
    JOIN stored ON stored.id = d.event_id
    RETURNING id
  ), counted AS (
    INSERT INTO usage_counters AS u (tenant_id, metric, period, starts_on, count)
    SELECT tenant_id, metric, period, starts_on, count
    FROM (
      SELECT 'webhooks_received' AS metric, tenant_id, count(*) FROM stored
      WHERE service <> '${INTERNAL_SERVICE}' GROUP BY tenant_id
      UNION ALL SELECT 'webhooks_refused', tenant_id, count(*) FROM refused GROUP BY tenant_id
    ) AS new, ${periodsOf(day)}
    ORDER BY metric, tenant_id, period
    ON CONFLICT (tenant_id, metric, period, starts_on) DO UPDATE SET count = u.count + excluded.count
  )
  SELECT id, true AS stored FROM stored UNION ALL SELECT id, false FROM refused${more}`;

const DAY = '$21::date';

/** Stores what is new of a group, and answers with the ids of that. */
export const STORE = storing(UNRESTRICTED, DAY);

/** The same where a quota may not have room for all; answers also with the ids of those that it refuses. */
export const storeWithinQuota = (only: Narrowing): string => storing(withinQuota(only), DAY);

/** The same as {@link STORE} by what is remembered; answers also with a row without id, which says whether that holds. */
export const storeAsRemembered = (clock: UsageClock, only: Narrowing): string =>
  storing(asRemembered(clock, only), clock.today, ' UNION ALL SELECT NULL, holds FROM known');
