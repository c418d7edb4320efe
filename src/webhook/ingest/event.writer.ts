import { Injectable } from '@nestjs/common';
import type { QueryResult } from 'pg';
import type { Statement } from '../../database/group.client';
import { AgentRegistry } from '../../agent/agent.registry';
import { newId } from '../../database/new-id';
import { TenantDatabase } from '../../database/tenant.database';
import { DeliveryQueue } from '../delivery/delivery.queue';
import { matchRoutes, type RoutingRule } from '../route/route.matcher';
import { DedupKeys } from './dedup.keys';
import type { IncomingEvent, Stored } from './incoming-event';

/** Asking for a connection, the statements and the commit together, in milliseconds. */
const COMMIT_TIMEOUT_MS = 1_400;

interface PlannedDelivery {
  readonly tenantId: string;
  readonly id: string;
  readonly eventId: string;
  readonly routeId: string | null;
  readonly agentName: string | null;
}

/**
 * Stores a group of webhooks in one transaction: dedup keys, events, deliveries and the first job of each.
 * What is answered 202 is all there, or nothing of it.
 */
@Injectable()
export class EventWriter {
  constructor(
    private readonly database: TenantDatabase,
    private readonly agents: AgentRegistry,
    private readonly queue: DeliveryQueue,
    private readonly dedupKeys: DedupKeys,
  ) {}

  /** What became of each event, in their order. */
  async write(events: readonly IncomingEvent[]): Promise<Stored[]> {
    const tenantIds = [...new Set(events.map(({ tenantId }) => tenantId))];
    const options = { preamble: routesOf(events), timeoutMs: COMMIT_TIMEOUT_MS };
    const startedAt = performance.now();
    const { fresh, planned } = await this.database.groupTransaction(tenantIds, options, async (client, routes) => {
      const deliveries = this.plan(events, routes);
      // Also for deliveries that will not be stored, since their event was seen before: a job for none is passed over.
      const enqueuing = deliveries.length > 0 ? [await this.queue.insertion(deliveries.map(firstAttemptOf))] : [];
      const { rows } = await client.commitWith<{ id: string }>(storing(events, deliveries), ...enqueuing);
      return { fresh: new Set(rows.map(({ id }) => id)), planned: deliveries.length };
    });
    if (planned > 0) this.queue.wake();
    const refused = events.filter(({ id }) => !fresh.has(id));
    const timeLeftMs = COMMIT_TIMEOUT_MS - (performance.now() - startedAt);
    const reasons = await this.dedupKeys.explain(tenantIds, refused, timeLeftMs);
    return events.map(({ id }) => reasons.get(id) ?? { kind: 'accepted', id });
  }

  private plan(events: readonly IncomingEvent[], routes: QueryResult): PlannedDelivery[] {
    const rules = new Map<string, RoutingRule[]>();
    for (const row of routes.rows as RouteRow[]) {
      const rule = { id: row.id, tenantId: row.tenant_id, service: row.service, eventTypes: row.event_types };
      const known = rules.get(row.tenant_id);
      if (known) known.push(rule);
      else rules.set(row.tenant_id, [rule]);
    }
    return events.flatMap((event) => {
      const { tenantId, id: eventId, service, eventType } = event;
      const byRoute = matchRoutes(event, rules.get(tenantId) ?? []).map((rule) => ({
        routeId: rule.id,
        agentName: null,
      }));
      const byAgent = this.agents
        .findSubscribed(service, eventType)
        .map(({ name }) => ({ routeId: null, agentName: name }));
      return [...byRoute, ...byAgent].map((target) => ({ tenantId, id: newId(), eventId, ...target }));
    });
  }
}

/** Stores what is new, and answers with the ids of that. */
function storing(events: readonly IncomingEvent[], deliveries: readonly PlannedDelivery[]): Statement {
  // In the order of their keys, so that two groups that share some wait for each other and never in a circle.
  const sorted = [...events].sort((a, b) => compare(keyOf(a), keyOf(b)));
  const values = [
    sorted.map((e) => e.tenantId),
    sorted.map((e) => e.id),
    sorted.map((e) => e.endpointId),
    sorted.map((e) => e.service),
    sorted.map((e) => e.eventType),
    sorted.map((e) => e.dedupScope),
    sorted.map((e) => e.dedupKey),
    sorted.map((e) => e.proofHash),
    sorted.map((e) => e.contentType),
    sorted.map((e) => JSON.stringify(e.headers)),
    Buffer.concat(sorted.map((e) => e.body)),
    offsetsOf(sorted),
    sorted.map((e) => e.body.length),
    sorted.map((e) => e.traceParent),
    sorted.map((e) => e.receivedAt),
    deliveries.map((d) => d.tenantId),
    deliveries.map((d) => d.id),
    deliveries.map((d) => d.eventId),
    deliveries.map((d) => d.routeId),
    deliveries.map((d) => d.agentName),
  ];
  return { name: 'store-events', text: STORE, values };
}

interface RouteRow {
  tenant_id: string;
  id: string;
  service: string;
  event_types: string[];
}

/** Services come from the registry of sources and are plain words; the transaction's scope picks the tenants. */
function routesOf(events: readonly IncomingEvent[]): string {
  const services = [...new Set(events.map(({ service }) => service))];
  for (const service of services) {
    if (!/^[a-z0-9_-]+$/.test(service)) throw new Error('a service is named in lower-case letters, digits, - and _');
  }
  const list = services.map((service) => `'${service}'`).join(', ');
  return `SELECT tenant_id, id, service, event_types FROM routes WHERE enabled AND service IN (${list})`;
}

function firstAttemptOf({ tenantId, id }: PlannedDelivery) {
  return { tenantId, deliveryId: id, attempt: 1, startAfter: null };
}

function keyOf({ tenantId, dedupScope, dedupKey }: IncomingEvent): string {
  return `${tenantId} ${dedupScope} ${dedupKey ?? ''}`;
}

/** Where each body begins in all bodies together, counted from 1 as SQL does. */
function offsetsOf(events: readonly IncomingEvent[]): number[] {
  let next = 1;
  return events.map(({ body }) => {
    const offset = next;
    next += body.length;
    return offset;
  });
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * Keys first: an event is stored only if its key was free. Without a key it always is. The bodies come as one value,
 * for the driver sends a Buffer as it is, but would write out an array of them in hexadecimal.
 */
const STORE = `
  WITH incoming AS (
    SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[],
      $8::bytea[], $9::text[], $10::text[], $12::int[], $13::int[], $14::text[], $15::timestamptz[])
      AS t (tenant_id, id, endpoint_id, service, event_type, scope, dedup_key, proof_hash, content_type, headers,
        body_offset, body_length, trace_parent, received_at)
  ), claimed AS (
    INSERT INTO webhook_dedup_keys (tenant_id, scope, dedup_key, proof_hash, event_id, received_at)
    SELECT tenant_id, scope, dedup_key, proof_hash, id, received_at FROM incoming WHERE dedup_key IS NOT NULL
    ON CONFLICT DO NOTHING
    RETURNING event_id
  ), stored AS (
    INSERT INTO webhook_events (tenant_id, id, endpoint_id, service, event_type, dedup_key, content_type, headers,
      body, trace_parent, received_at)
    SELECT tenant_id, id, endpoint_id, service, event_type, dedup_key, content_type, headers::jsonb,
      substr($11::bytea, body_offset, body_length), trace_parent, received_at
    FROM incoming
    WHERE dedup_key IS NULL OR id IN (SELECT event_id FROM claimed)
    RETURNING id, received_at
  ), planned AS (
    INSERT INTO deliveries (tenant_id, id, event_id, route_id, agent_name, next_attempt_at, created_at)
    SELECT d.tenant_id, d.id, d.event_id, d.route_id, d.agent_name, stored.received_at, stored.received_at
    FROM unnest($16::uuid[], $17::uuid[], $18::uuid[], $19::uuid[], $20::text[])
      AS d (tenant_id, id, event_id, route_id, agent_name)
    JOIN stored ON stored.id = d.event_id
  )
  SELECT id FROM stored`;
