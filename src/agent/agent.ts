import type { Permission } from '@mira/access';
import type { EventAuthor } from '@mira/internal-event';
import type { Type } from '@nestjs/common';
import type { Feature } from '../enterprise/plan/plans';

/** One event on its way to one agent. */
export interface AgentEvent<Config extends object = object> {
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
  /**
   * how many deliveries of Mira's lie behind what the handler does, this one included. An event that it publishes
   * carries them on, so that agents and workflows that call each other in a circle come to an end.
   */
  readonly hops: number;
  /**
   * who had the agent run by hand, and neither a person nor a key where the event came by itself: with `tenantId` it is
   * the actor of what the handler does
   */
  readonly by: EventAuthor;
  /** the tenant's settings for the agent: an instance of its config class, found valid; an empty object without one */
  readonly config: Config;
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
 * A handler inside the program, the target of a delivery like a workflow is. A team writes one as a method with
 * `@AgentHandler`, or as a subclass that it hands to the {@link AgentRegistry} when its module starts.
 */
export abstract class Agent<Config extends object = object> {
  /** What routes and deliveries call it: `a` to `z`, digits, `_` and `-`. Stored in rows, so it must not change. */
  abstract readonly name: string;

  /** One sentence for people: what it does with an event. */
  abstract readonly description: string;

  /** Events that reach it in every tenant without a route. */
  readonly subscriptions: readonly Subscription[] = [];

  /** Whether it belongs to Mira itself, and so to every plan. What teams add needs `custom_agents`. */
  readonly isStandard: boolean = false;

  /**
   * What somebody has to be allowed, besides `agent:execute`, who has it run by hand: what doing the same without the
   * agent would need.
   */
  readonly permissions: readonly Permission[] = [];

  /** A class of validated settings, each with a default, for what a tenant may set; null where there is nothing to set. */
  readonly configClass: Type<Config> | null = null;

  /** Where it was written, for messages to those who write agents. */
  readonly origin: string = this.constructor.name;

  /**
   * Handles one event. A throw means: not now, try again on the delivery's schedule.
   *
   * Delivery is at least once: a process may die after the work and before it is recorded, and then the same event
   * comes again. Make the work happen once by `eventId`, for instance with `HandledEvents`.
   */
  abstract handle(event: AgentEvent<Config>): Promise<AgentResult>;
}

/** What a tenant's plan must have for the agent to run. */
export function featureOf({ isStandard }: Agent): Feature {
  return isStandard ? 'standard_agents' : 'custom_agents';
}
