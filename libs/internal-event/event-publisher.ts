import type { EntityManager } from 'typeorm';

/** A person, or a key of theirs; of which tenant, where they act in another. */
export interface EventAuthor {
  readonly userId: string | null;
  readonly apiKeyId: string | null;
  readonly homeTenantId?: string;
}

/** Something that happened in the program itself, as others are told of it. */
export interface InternalEvent {
  /** What routes ask for: `project_created`, `limit.near`. */
  readonly type: string;
  /** What is told of it. Becomes JSON: no secrets, and nothing that an answer would not show. */
  readonly data: object;
  /** Where a webhook led to it: how many deliveries of Mira's lie behind. Circles are found by it. */
  readonly hops?: number;
  /** Whose doing it is, where it tells of what somebody asked for. */
  readonly by?: EventAuthor;
}

/** An event that was handed to somebody, and the delivery that takes it there. */
export interface HandedEvent {
  readonly eventId: string;
  readonly deliveryId: string;
}

/**
 * Where features tell what happened in a tenant, so that its routes can carry it on. Events of the program's own are
 * stored, routed and delivered as all others are.
 */
export abstract class EventPublisher {
  /**
   * Stores the event and its deliveries within the transaction of what it tells of: there is never the one without
   * the other. The transaction must be the tenant's. Resolves to the event's id.
   */
  abstract publish(manager: EntityManager, tenantId: string, event: InternalEvent): Promise<string>;

  /** The same for an event that is meant for one agent: it goes there, and along no route. */
  abstract publishTo(
    manager: EntityManager,
    tenantId: string,
    agentName: string,
    event: InternalEvent,
  ): Promise<HandedEvent>;
}
