/** One event on its way to one agent. */
export interface AgentEvent {
  readonly tenantId: string;
  /** the same for every attempt and every agent: what a handler makes its work happen once by */
  readonly eventId: string;
  readonly deliveryId: string;
  /** 1 at first */
  readonly attempt: number;
  readonly service: string;
  readonly eventType: string | null;
  readonly contentType: string | null;
  /** the body as parsed JSON, or null where it is not JSON */
  readonly payload: unknown;
  /** the stored bytes, exactly as they came */
  readonly body: Buffer;
  readonly receivedAt: Date;
}

/**
 * What became of an event. `refused`: it can never be handled, so trying again is pointless; the delivery is dead
 * with the reason, which people read: no secrets, no values of the sender's.
 */
export type AgentResult =
  { readonly kind: 'done'; readonly detail?: string } | { readonly kind: 'refused'; readonly reason: string };

export interface Subscription {
  readonly service: string;
  readonly eventType: string;
}

/**
 * A handler inside the program, the target of a delivery like a workflow is. A team writes one as a subclass in a
 * module of its own and hands it to the {@link AgentRegistry} when that module starts.
 */
export abstract class Agent {
  /** What routes and deliveries call it: `a` to `z`, digits, `_` and `-`. Stored in rows, so it must not change. */
  abstract readonly name: string;

  /** One sentence for people: what it does with an event. */
  abstract readonly description: string;

  /** Events that reach it in every tenant without a route. */
  readonly subscriptions: readonly Subscription[] = [];

  /**
   * Handles one event. A throw means: not now, try again on the delivery's schedule.
   *
   * Delivery is at least once: a process may die after the work and before it is recorded, and then the same event
   * comes again. Make the work happen once by `eventId`, for instance with a unique column and ON CONFLICT DO NOTHING.
   */
  abstract handle(event: AgentEvent): Promise<AgentResult>;
}
