import type { GroupClient } from '../../../database/group.client';
import type { SealedHttpConnection } from '../../../n8n/http/http.connection';
import type { SealedConnection } from '../../../n8n/integration.connection';
import type { ClaimedJob } from '../queue/claimed-job';
import { hopsOf } from './hops';

/** All that an attempt needs to know, read in one query for a whole batch of jobs. */
export interface DueDelivery {
  readonly tenantId: string;
  readonly id: string;
  readonly attempt: number;
  readonly rejections: number;
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

interface Row {
  tenant_id: string;
  id: string;
  rejection_count: number;
  attempt_count: number;
  event_id: string;
  service: string;
  event_type: string | null;
  content_type: string | null;
  body: Buffer;
  trace_parent: string | null;
  received_at: Date;
  hops: string | null;
  agent_name: string | null;
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

const LOAD = `
  SELECT d.tenant_id, d.id, d.rejection_count, d.attempt_count, e.id AS event_id, e.service, e.event_type,
    e.content_type, e.body, e.trace_parent, e.received_at, e.headers->>'x-mira-hops' AS hops, coalesce(d.agent_name, r.agent_name) AS agent_name,
    r.id AS route_id, r.workflow_id, r.webhook_path, i.id AS integration_id, i.base_url, i.api_key, i.signing_secret,
    r.target_kind, i.headers, i.previous_signing_secret, i.previous_signing_secret_expires_at
  FROM unnest($1::uuid[], $2::uuid[]) AS due (tenant_id, id)
  JOIN deliveries d ON d.tenant_id = due.tenant_id AND d.id = due.id AND d.status = 'queued'
  JOIN webhook_events e ON e.tenant_id = d.tenant_id AND e.id = d.event_id
  LEFT JOIN routes r ON r.tenant_id = d.tenant_id AND r.id = d.route_id
  LEFT JOIN integrations i ON i.tenant_id = r.tenant_id AND i.id = r.integration_id`;

/**
 * The deliveries behind these jobs, by id. A job whose delivery is not waiting for this very attempt is not among
 * them: the attempt was made already, by a worker that died before it could finish the job.
 */
export async function loadDue(client: GroupClient, jobs: readonly ClaimedJob[]): Promise<Map<string, DueDelivery>> {
  const { rows } = await client.commitWith<Row>({
    name: 'load-due',
    text: LOAD,
    values: [
      jobs.flatMap(({ tenantId, deliveryIds }) => deliveryIds.map(() => tenantId)),
      jobs.flatMap(({ deliveryIds }) => deliveryIds),
    ],
  });
  return new Map(rows.map((row) => [row.id, deliveryOf(row)]));
}

function deliveryOf(row: Row): DueDelivery {
  return {
    tenantId: row.tenant_id,
    id: row.id,
    attempt: row.attempt_count + 1,
    rejections: row.rejection_count,
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
