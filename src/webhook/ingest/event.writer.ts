import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { GroupClient } from '../../database/group.client';
import { AgentRegistry } from '../../agent/agent.registry';
import { newId } from '../../database/new-id';
import { TenantDatabase } from '../../database/tenant.database';
import { DAILY_WEBHOOKS, HeldQuotas, holdingQuota } from '../../enterprise/plan/held-quotas';
import { UsageClock } from '../../enterprise/usage/usage.clock';
import { type AddedDelivery, RouteOrder } from '../delivery/hold/route.order';
import { DeliveryQueue } from '../delivery/queue/delivery.queue';
import { matchRoutes } from '../route/route.matcher';
import { DedupKeys } from './dedup.keys';
import type { IncomingEvent, Stored } from './incoming-event';
import { type Routing, routingFrom, RoutingMemory, routingOf, type RoutingRow } from './routing.memory';
import { type PlannedDelivery, storing, storingAsRemembered } from './store.statement';

/** Asking for a connection, the statements and the commit together, in milliseconds. */
const COMMIT_TIMEOUT_MS = 1_400;

/** What is said to senders already, by the ids of their events; and whether there is something to deliver. */
interface Written {
  readonly said: ReadonlyMap<string, Stored>;
  readonly planned: boolean;
}

/**
 * Stores a group of webhooks in one transaction: dedup keys, events, deliveries and the first job of each.
 * What is answered 202 is all there, or nothing of it.
 */
@Injectable()
export class EventWriter {
  /** Tenants whose routes keep an order: what comes in for them here is stored one group after the other, as it came. */
  private readonly keepingOrder = new Set<string>();
  private turn: Promise<unknown> = Promise.resolve();
  private readonly memory = new RoutingMemory();

  constructor(
    private readonly database: TenantDatabase,
    private readonly agents: AgentRegistry,
    private readonly queue: DeliveryQueue,
    private readonly order: RouteOrder,
    private readonly dedupKeys: DedupKeys,
    private readonly clock: UsageClock,
  ) {}

  /** Whether the events of a group must be one tenant's. */
  get storesByTenant(): boolean {
    return this.database.isDistributed;
  }

  /** All that is done to store these events: behind what came before them, where the order of one of them is kept. */
  async inTurn(events: readonly IncomingEvent[], work: () => Promise<void>): Promise<void> {
    if (!events.some(({ tenantId }) => this.keepingOrder.has(tenantId))) return work();
    const done = this.turn.then(work);
    this.turn = done.catch(() => undefined);
    return done;
  }

  /** What became of each event, in their order. */
  async write(events: readonly IncomingEvent[]): Promise<Stored[]> {
    const tenantIds = [...new Set(events.map(({ tenantId }) => tenantId))];
    const deadline = performance.now() + COMMIT_TIMEOUT_MS;
    const written =
      (await this.writeAsRemembered(events, tenantIds)) ??
      (await this.writeAsFound(events, tenantIds, deadline - performance.now()));
    if (written.planned) this.queue.wake();
    const unsaid = events.filter(({ id }) => !written.said.has(id));
    const reasons = await this.dedupKeys.explain(tenantIds, unsaid, deadline - performance.now());
    return events.map((event) => written.said.get(event.id) ?? reasons.get(event.id) ?? unknown(event));
  }

  /**
   * In a single round trip, where all is known that decides about these events and the database finds that it holds;
   * null where it does not, and then nothing was stored.
   */
  private async writeAsRemembered(
    events: readonly IncomingEvent[],
    tenantIds: readonly string[],
  ): Promise<Written | null> {
    const routing = this.memory.recall(events);
    const deliveries = routing && this.plan(events, routing);
    if (!routing || !deliveries || deliveries.some(({ isOrdered }) => isOrdered)) return null;
    const enqueuing = deliveries.length > 0 ? [await this.queue.insertion(deliveries.map(firstAttemptOf))] : [];
    const { rows } = await this.database.pipeline(tenantIds, { timeoutMs: COMMIT_TIMEOUT_MS }, (client) =>
      client.commitWith<StoredRow | { id: null; stored: boolean }>(
        storingAsRemembered(events, deliveries, routing, this.clock, client.only),
        ...enqueuing,
      ),
    );
    if (rows.some(({ id, stored }) => id === null && stored)) {
      const stored = rows.flatMap(({ id }): [string, Stored][] =>
        id === null ? [] : [[id, { kind: 'accepted', id }]],
      );
      return { said: new Map(stored), planned: deliveries.length > 0 };
    }
    this.memory.forget(tenantIds);
    return null;
  }

  /** The database is asked first for the routes, and for what is left of quotas. */
  private async writeAsFound(
    events: readonly IncomingEvent[],
    tenantIds: readonly string[],
    timeoutMs: number,
  ): Promise<Written> {
    const services = [...new Set(events.map(({ service }) => service))];
    const preamble = `${holdingQuota(DAILY_WEBHOOKS, this.clock, tenantIds)}; ${routingOf(tenantIds, services)}`;
    return this.database.groupTransaction(tenantIds, { preamble, timeoutMs }, async (client, found, held) => {
      const quotas = new HeldQuotas(DAILY_WEBHOOKS, held);
      const rows = found.rows as RoutingRow[];
      const written = await this.store(client, events, routingFrom(rows), quotas);
      this.memory.remember(rows, services, (tenantId) => quotas.remaining(tenantId) !== null);
      return written;
    });
  }

  /** Stores an event of the program's own within a transaction of its tenant. Nothing is counted. */
  async writeWithin(manager: EntityManager, event: IncomingEvent, { isRouted }: { isRouted: boolean }): Promise<void> {
    const rows: RoutingRow[] = isRouted ? await manager.query(routingOf([event.tenantId], [event.service])) : [];
    await this.storeWithin(manager, event, isRouted ? this.plan([event], routingFrom(rows)) : []);
  }

  /** The same, with one delivery to this agent, whose id it returns. */
  async writeTo(manager: EntityManager, event: IncomingEvent, agentName: string): Promise<string> {
    const { tenantId, id: eventId } = event;
    const delivery = { tenantId, id: newId(), eventId, routeId: null, agentName, isOrdered: false };
    await this.storeWithin(manager, event, [delivery]);
    return delivery.id;
  }

  private async storeWithin(
    manager: EntityManager,
    event: IncomingEvent,
    deliveries: readonly PlannedDelivery[],
  ): Promise<void> {
    const { text, values } = storing([event], deliveries, new HeldQuotas(DAILY_WEBHOOKS, { rows: [] }));
    await manager.query(text, values);
    await this.queue.enqueue(manager, deliveries.filter(({ isOrdered }) => !isOrdered).map(firstAttemptOf));
    await this.order.placeWithin(manager, deliveries.flatMap(orderedOf));
  }

  /** Says what became of each event that is new: it was stored, or its tenant had no room for it today. */
  private async store(
    client: GroupClient,
    events: readonly IncomingEvent[],
    routing: Routing,
    quotas: HeldQuotas,
  ): Promise<Written> {
    // Where there is no room at all nothing can be new and stored, so nothing is planned either.
    const roomy = events.filter(({ tenantId }) => quotas.remaining(tenantId) !== 0);
    const deliveries = this.plan(roomy, routing);
    const ordered = deliveries.flatMap(orderedOf);
    if (ordered.length > 0) return this.storeInOrder(client, events, deliveries, ordered, quotas);
    // Also for deliveries that will not be stored, since their event was seen before: a job for none is passed over.
    const enqueuing = deliveries.length > 0 ? [await this.queue.insertion(deliveries.map(firstAttemptOf))] : [];
    const { rows } = await client.commitWith<StoredRow>(storing(events, deliveries, quotas, client.only), ...enqueuing);
    return { said: said(events, rows, quotas), planned: deliveries.length > 0 };
  }

  /** The same where some go along ordered routes: which of these may begin is known when they have their places. */
  private async storeInOrder(
    client: GroupClient,
    events: readonly IncomingEvent[],
    deliveries: readonly PlannedDelivery[],
    ordered: readonly AddedDelivery[],
    quotas: HeldQuotas,
  ): Promise<Written> {
    for (const { tenantId } of ordered) this.keepingOrder.add(tenantId);
    const [{ rows }, heads] = await Promise.all([
      client.query<StoredRow>(storing(events, deliveries, quotas, client.only)),
      this.order.place(client, ordered),
    ]);
    const others = deliveries.filter(({ isOrdered }) => !isOrdered).map(firstAttemptOf);
    const attempts = [...heads, ...others];
    await client.commit(attempts.length > 0 ? [await this.queue.insertion(attempts)] : []);
    return { said: said(events, rows, quotas), planned: attempts.length > 0 };
  }

  private plan(events: readonly IncomingEvent[], routing: Routing): PlannedDelivery[] {
    return events.flatMap((event) => {
      const { tenantId, id: eventId, service, eventType } = event;
      const byRoute = matchRoutes(event, routing.rulesOf(tenantId)).map(({ id, ordered }) => ({
        routeId: id,
        agentName: null,
        isOrdered: ordered,
      }));
      const byAgent = this.agents
        .findSubscribed(service, eventType)
        .map(({ name }) => ({ routeId: null, agentName: name, isOrdered: false }));
      return [...byRoute, ...byAgent].map((target) => ({ tenantId, id: newId(), eventId, ...target }));
    });
  }
}

interface StoredRow {
  id: string;
  /** False: it is new, and over the quota. */
  stored: boolean;
}

function said(events: readonly IncomingEvent[], rows: readonly StoredRow[], quotas: HeldQuotas): Map<string, Stored> {
  const stored = new Map(rows.map((row) => [row.id, row.stored]));
  const storedOf = (tenant: string) =>
    events.filter(({ tenantId, id }) => tenantId === tenant && stored.get(id)).length;
  return new Map(
    events.flatMap(({ id, tenantId }): [string, Stored][] => {
      const wasStored = stored.get(id);
      if (wasStored === undefined) return [];
      if (wasStored) return [[id, { kind: 'accepted', id }]];
      return [[id, { kind: 'over_quota', ...quotas.refusal(tenantId, storedOf(tenantId)) }]];
    }),
  );
}

function unknown({ id }: IncomingEvent): Stored {
  return { kind: 'unexplained', error: new Error(`nothing is known of what became of event ${id}`) };
}

function firstAttemptOf({ tenantId, id }: PlannedDelivery) {
  return { tenantId, deliveryId: id, attempt: 1, startAfter: null };
}

function orderedOf({ tenantId, id, routeId, isOrdered }: PlannedDelivery): AddedDelivery[] {
  return isOrdered && routeId !== null ? [{ tenantId, id, routeId }] : [];
}
