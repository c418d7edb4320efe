import type { Narrowing } from '../../database/distribution';
import type { Statement } from '../../database/group.client';
import { statementName } from '../../database/statement-name';
import type { HeldQuotas } from '../../enterprise/plan/held-quotas';
import type { UsageClock } from '../../enterprise/usage/usage.clock';
import type { IncomingEvent } from './incoming-event';
import type { Routing } from './routing.memory';
import { STORE, storeAsRemembered, storeWithinQuota } from './store.sql';

export interface PlannedDelivery {
  readonly tenantId: string;
  readonly id: string;
  readonly eventId: string;
  readonly routeId: string | null;
  readonly agentName: string | null;
  readonly isOrdered: boolean;
}

/** What stores a group whose routes, and what is left of whose quotas, were read in the same transaction. */
export function storing(
  events: readonly IncomingEvent[],
  deliveries: readonly PlannedDelivery[],
  quotas: HeldQuotas,
  only: Narrowing = () => '',
): Statement {
  const values = valuesOf(events, deliveries, quotas.day);
  const tight = tightFor(events, quotas);
  if (tight.length === 0) return { name: 'store-events', text: STORE, values };
  values.push(
    tight.map(({ tenantId }) => tenantId),
    tight.map(({ remaining }) => remaining),
  );
  return { name: 'store-events-within-quota', text: storeWithinQuota(only), values };
}

/** What stores a group by what is remembered, provided that it holds. */
export function storingAsRemembered(
  events: readonly IncomingEvent[],
  deliveries: readonly PlannedDelivery[],
  { versions }: Routing,
  clock: UsageClock,
  only: Narrowing,
): Statement {
  const text = storeAsRemembered(clock, only);
  const values = valuesOf(
    events,
    deliveries,
    versions.map(([tenantId]) => tenantId),
  );
  values.push(versions.map(([, version]) => version));
  return { name: statementName(text), text, values };
}

/** @param context what the form of the statement wants besides: the day, or the tenants that are remembered */
function valuesOf(
  events: readonly IncomingEvent[],
  deliveries: readonly PlannedDelivery[],
  context: string | readonly string[],
): unknown[] {
  // In the order of their keys, so that two groups that share some wait for each other and never in a circle.
  const sorted = [...events].sort((a, b) => compare(keyOf(a), keyOf(b)));
  return [
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
    context,
    routedCounts(sorted, deliveries),
  ];
}

/** How many deliveries each is to have, so that it can be told later whether one of them was lost. */
function routedCounts(events: readonly IncomingEvent[], deliveries: readonly PlannedDelivery[]): number[] {
  const ofEvent = Map.groupBy(deliveries, ({ eventId }) => eventId);
  return events.map(({ id }) => ofEvent.get(id)?.length ?? 0);
}

/** The tenants that may not have room for all of these; which are new is only seen when they are stored. */
function tightFor(events: readonly IncomingEvent[], quotas: HeldQuotas): { tenantId: string; remaining: number }[] {
  const offered = Map.groupBy(events, ({ tenantId }) => tenantId);
  return quotas.limited.filter(({ tenantId, remaining }) => remaining < (offered.get(tenantId)?.length ?? 0));
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
