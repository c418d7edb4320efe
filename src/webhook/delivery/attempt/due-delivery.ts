import { hopsOf } from '@mira/internal-event';
import type { Narrowing } from '../../../database/distribution';
import type { GroupClient } from '../../../database/group.client';
import { statementName } from '../../../database/statement-name';
import type { SealedHttpConnection } from '../../../n8n/http/http.connection';
import type { SealedConnection } from '../../../n8n/integration.connection';
import type { Tier } from '../../../tenant/tenant.entity';
import type { ClaimedJob } from '../queue/claimed-job';
import { attemptedForAnother } from './attempting';

/** All that an attempt needs to know, read in one query for a whole batch of jobs. */
export interface DueDelivery {
  readonly tenantId: string;
  readonly id: string;
  readonly attempt: number;
  /** The job that it is attempted for, where several asked for it. */
  readonly jobId: string;
  readonly rejections: number;
  /** Attempts that ended in a hold. */
  readonly heldAttempts: number;
  readonly routeId: string | null;
  /** Whether others wait behind it. */
  readonly isOrdered: boolean;
  /** The one that is let through a hold to see whether it is over. */
  readonly isProbe: boolean;
  readonly event: {
    readonly id: string;
    readonly service: string;
    readonly eventType: string | null;
    readonly contentType: string | null;
    readonly body: Buffer;
    readonly traceParent: string | null;
    readonly receivedAt: Date;
    /** Deliveries that led to the event, as its sender said. */
    readonly hops: number;
  };
  readonly target: DeliveryTarget;
}

export type DeliveryTarget =
  | { readonly kind: 'agent'; readonly agentName: string }
  | {
      readonly kind: 'n8n';
      readonly workflow: { readonly workflowId: string } | { readonly webhookPath: string };
      readonly integration: SealedConnection;
    }
  | { readonly kind: 'http'; readonly integration: SealedHttpConnection }
  /** The route, or what it led to, was deleted meanwhile. */
  | { readonly kind: 'none'; readonly reason: string };

/** Nothing was found, or nothing was looked for. */
interface NoRow {
  holds: boolean;
  id: null;
}

interface Row {
  holds: boolean;
  tenant_id: string;
  id: string;
  tier: Tier;
  job_id: string;
  is_taken: boolean;
  rejection_count: number;
  attempt_count: number;
  held_attempts: number;
  is_ordered: boolean;
  is_probe: boolean;
  event_id: string;
  service: string;
  event_type: string | null;
  content_type: string | null;
  body: Buffer;
  trace_parent: string | null;
  received_at: Date;
  hops: string | null;
  agent_name: string | null;
  planned_route_id: string | null;
  route_id: string | null;
  target_kind: string | null;
  workflow_id: string | null;
  webhook_path: string | null;
  integration_id: string | null;
  base_url: string | null;
  api_key: Buffer | null;
  headers: Buffer | null;
  signing_secret: Buffer | null;
  previous_signing_secret: Buffer | null;
  previous_signing_secret_expires_at: Date | null;
}

const HELD_REASON = `CASE
  WHEN due.held_for = 'route_paused' THEN 'The route is paused; it goes on when the route is resumed.'
  ELSE due.hold_detail END`;

/**
 * Marks those as being attempted that nothing holds, and as held those whose route is paused or has a hold on it or on
 * where it leads, unless they are to find out whether that is over. What is held costs no attempt, and its job is done.
 * What is being attempted for another job is left as it is. All of them are locked first, by their keys alone and in the
 * order in which all do. Nothing is done at all where the condition `unless` holds, and that is answered too.
 */
const loadSql = (unless: string, only: Narrowing) => `
  WITH known AS (
    SELECT NOT ${unless} AS holds
  ), asked AS (
    SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::int[], $4::uuid[]) WITH ORDINALITY
      AS t (tenant_id, id, attempt, job_id, place)
    WHERE (SELECT holds FROM known)
  ), locked AS (
    SELECT d.* FROM (SELECT DISTINCT tenant_id, id FROM asked) AS job
    JOIN deliveries d ON d.tenant_id = job.tenant_id AND d.id = job.id${only('d')}
    ORDER BY d.tenant_id, d.id FOR UPDATE OF d
  ), d AS (
    SELECT * FROM locked WHERE status = 'queued'
  ), due AS (
    SELECT DISTINCT ON (d.tenant_id, d.id) d.tenant_id, d.id, job.job_id, d.rejection_count, d.attempt_count,
      d.held_attempts, d.position IS NOT NULL AS is_ordered,
      d.event_id, d.route_id AS planned_route_id, coalesce(d.agent_name, r.agent_name) AS agent_name,
      r.id AS route_id, r.workflow_id, r.webhook_path, i.id AS integration_id, i.base_url, i.api_key, i.signing_secret,
      r.target_kind, i.headers, i.previous_signing_secret, i.previous_signing_secret_expires_at,
      CASE WHEN r.paused_at IS NOT NULL THEN 'route_paused'
        WHEN hr.probe_delivery_id IS DISTINCT FROM d.id AND hr.reason IS NOT NULL THEN hr.reason
        WHEN hi.probe_delivery_id IS DISTINCT FROM d.id AND hi.reason IS NOT NULL THEN hi.reason END AS held_for,
      coalesce(hr.detail, hi.detail) AS hold_detail,
      coalesce(hr.probe_delivery_id = d.id, hi.probe_delivery_id = d.id, false) AS is_probe,
      ${attemptedForAnother('$4::uuid[]', '$5')} AS is_taken, now() AS loaded_at
    FROM d
    JOIN asked job ON job.tenant_id = d.tenant_id AND job.id = d.id AND job.attempt = d.attempt_count + 1
    LEFT JOIN routes r ON r.tenant_id = d.tenant_id AND r.id = d.route_id${only('r')}
    LEFT JOIN integrations i ON i.tenant_id = r.tenant_id AND i.id = r.integration_id${only('i')}
    LEFT JOIN holds hr ON hr.tenant_id = d.tenant_id AND hr.scope = 'route' AND hr.target_id = r.id${only('hr')}
    LEFT JOIN holds hi ON hi.tenant_id = d.tenant_id AND hi.scope = 'integration' AND hi.target_id = i.id${only('hi')}
    ORDER BY d.tenant_id, d.id, d.attempting_job IS DISTINCT FROM job.job_id, job.place
  ), moved AS (
    UPDATE deliveries d
    SET attempting_since = CASE WHEN due.held_for IS NULL THEN due.loaded_at END,
      attempting_job = CASE WHEN due.held_for IS NULL THEN due.job_id END,
      status = CASE WHEN due.held_for IS NULL THEN d.status ELSE 'held' END,
      held_for = due.held_for,
      reason = CASE WHEN due.held_for IS NULL THEN d.reason ELSE ${HELD_REASON} END,
      next_attempt_at = CASE WHEN due.held_for IS NULL THEN d.next_attempt_at END
    FROM due
    WHERE d.tenant_id = due.tenant_id AND d.id = due.id AND NOT due.is_taken${only('d')}
    RETURNING d.tenant_id, d.id, d.status
  )
  SELECT known.holds, loaded.* FROM known LEFT JOIN (
    SELECT due.*, t.tier, e.service, e.event_type, e.content_type, e.body, e.trace_parent, e.received_at,
      e.headers->>'x-mira-hops' AS hops
    FROM due
    JOIN tenants t ON t.id = due.tenant_id
    LEFT JOIN moved ON moved.tenant_id = due.tenant_id AND moved.id = due.id
    LEFT JOIN webhook_events e ON e.tenant_id = due.tenant_id AND e.id = due.event_id AND NOT due.is_taken${only('e')}
    WHERE due.is_taken OR (moved.status = 'queued' AND e.id IS NOT NULL)
  ) AS loaded ON true`;

/** What came of the jobs that were claimed. */
export interface LoadedJobs {
  /** To be attempted now, by id. */
  readonly due: ReadonlyMap<string, DueDelivery>;
  /** Those of which another job's attempt is being made, by a worker that may have died. */
  readonly taken: ReadonlySet<string>;
  /** Of the tenants of all these. */
  readonly tiers: ReadonlyMap<string, Tier>;
}

/**
 * The deliveries behind these jobs. A job whose delivery is not waiting for this very attempt is not among them: the
 * attempt was made already, by a worker that died before it could finish the job.
 *
 * @param expirySeconds after which a job that did not end is given out again
 */
export async function loadDue(
  client: GroupClient,
  jobs: readonly ClaimedJob[],
  expirySeconds: number,
): Promise<LoadedJobs> {
  const loaded = await loadDueUnless('false', client, jobs, expirySeconds);
  if (!loaded) throw new Error('deliveries were not loaded, although nothing was in the way');
  return loaded;
}

/** The same, where this SQL condition does not hold; else nothing is done, and it is null. Its `$1` are the tenants. */
export async function loadDueUnless(
  condition: string,
  client: GroupClient,
  jobs: readonly ClaimedJob[],
  expirySeconds: number,
): Promise<LoadedJobs | null> {
  const text = loadSql(condition, client.only);
  const statement = { name: statementName(text), text, values: [...askedOf(jobs), expirySeconds] };
  const { rows } = await client.commitWith<Row | NoRow>(statement);
  if (!rows[0]?.holds) return null;
  const found = rows.filter((row) => row.id !== null);
  const [taken, due] = [found.filter((row) => row.is_taken), found.filter((row) => !row.is_taken)];
  return {
    due: new Map(due.map((row) => [row.id, deliveryOf(row)])),
    taken: new Set(taken.map(({ id }) => id)),
    tiers: new Map(found.map((row) => [row.tenant_id, row.tier])),
  };
}

/** What jobs ask for, as columns: tenants, deliveries, attempts, and the ids of the jobs. */
export function askedOf(jobs: readonly ClaimedJob[]): [string[], string[], number[], string[]] {
  const asked = jobs.flatMap(({ tenantId, deliveryIds, attempt, claim }) =>
    deliveryIds.map((id) => ({ tenantId, id, attempt, jobId: claim.id })),
  );
  return [
    asked.map(({ tenantId }) => tenantId),
    asked.map(({ id }) => id),
    asked.map(({ attempt }) => attempt),
    asked.map(({ jobId }) => jobId),
  ];
}

function deliveryOf(row: Row): DueDelivery {
  return {
    tenantId: row.tenant_id,
    id: row.id,
    attempt: row.attempt_count + 1,
    jobId: row.job_id,
    rejections: row.rejection_count,
    heldAttempts: row.held_attempts,
    routeId: row.planned_route_id,
    isOrdered: row.is_ordered,
    isProbe: row.is_probe,
    event: {
      id: row.event_id,
      service: row.service,
      eventType: row.event_type,
      contentType: row.content_type,
      body: row.body,
      traceParent: row.trace_parent,
      receivedAt: row.received_at,
      hops: hopsOf(row.hops) ?? 0,
    },
    target: targetOf(row),
  };
}

/** The integration that an attempt burdens; null where there is none. */
export function integrationOf({ target }: DueDelivery): string | null {
  return 'integration' in target ? target.integration.id : null;
}

function targetOf(row: Row): DeliveryTarget {
  if (row.agent_name !== null) return { kind: 'agent', agentName: row.agent_name };
  if (row.route_id === null) return { kind: 'none', reason: 'The route was deleted.' };
  const { tenant_id, integration_id: id, base_url, api_key, headers, signing_secret } = row;
  const { previous_signing_secret, previous_signing_secret_expires_at } = row;
  if (id === null || base_url === null || signing_secret === null) {
    return { kind: 'none', reason: 'The integration of the route was deleted.' };
  }
  const signing = { tenant_id, id, signing_secret, previous_signing_secret, previous_signing_secret_expires_at };
  if (row.target_kind === 'http') return { kind: 'http', integration: { ...signing, base_url, headers } };
  const integration = { ...signing, base_url, api_key };
  if (row.workflow_id !== null) return { kind: 'n8n', workflow: { workflowId: row.workflow_id }, integration };
  if (row.webhook_path !== null) return { kind: 'n8n', workflow: { webhookPath: row.webhook_path }, integration };
  return { kind: 'none', reason: 'The route leads nowhere.' };
}
