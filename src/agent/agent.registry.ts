import { Injectable } from '@nestjs/common';
import type { Agent, Subscription } from './agent';

const NAME = /^[a-z][a-z0-9_-]{0,62}$/;

export interface AgentSubscription extends Subscription {
  readonly agentName: string;
}

/**
 * Knows every agent of the program. Feature modules register theirs in `onModuleInit`, so that whoever routes and
 * delivers events finds them without knowing those modules. A mistake in a registration ends the start.
 */
@Injectable()
export class AgentRegistry {
  private readonly agents = new Map<string, Agent>();
  private readonly subscribed = new Map<string, Agent[]>();

  /** @throws Error where the name is malformed or taken, or a subscription is empty or stands there twice */
  register(agent: Agent): void {
    const fault = this.nameFault(agent.name) ?? subscriptionFault(agent.subscriptions);
    if (fault) throw new Error(`${agent.origin} cannot be registered as an agent: ${fault}`);
    this.agents.set(agent.name, agent);
    for (const subscription of agent.subscriptions) {
      const key = keyOf(subscription.service, subscription.eventType);
      this.subscribed.set(key, [...(this.subscribed.get(key) ?? []), agent]);
    }
  }

  find(name: string): Agent | undefined {
    return this.agents.get(name);
  }

  /** In the order of registration. */
  all(): Agent[] {
    return [...this.agents.values()];
  }

  /** In the same order. */
  names(): string[] {
    return [...this.agents.keys()];
  }

  subscriptions(): AgentSubscription[] {
    return [...this.agents.values()].flatMap((agent) =>
      agent.subscriptions.map(({ service, eventType }) => ({ service, eventType, agentName: agent.name })),
    );
  }

  /** The agents that an event reaches without a route. */
  findSubscribed(service: string, eventType: string | null): Agent[] {
    if (eventType === null) return [];
    return [...(this.subscribed.get(keyOf(service, eventType)) ?? [])];
  }

  private nameFault(name: string): string | null {
    if (!NAME.test(name)) {
      return `the name ${JSON.stringify(name)} must be 1 to 63 of a-z, 0-9, "_" and "-", and begin with a letter.`;
    }
    const holder = this.agents.get(name);
    return holder ? `the name "${name}" is taken by ${holder.origin}.` : null;
  }
}

function subscriptionFault(subscriptions: readonly Subscription[]): string | null {
  const seen = new Set<string>();
  for (const { service, eventType } of subscriptions) {
    if (service === '' || eventType === '') return 'a subscription needs a service and an event type.';
    if (seen.has(keyOf(service, eventType))) return `it subscribes to "${eventType}" of "${service}" twice.`;
    seen.add(keyOf(service, eventType));
  }
  return null;
}

/** Both parts are anything a sender may write, so they are kept apart by more than a character. */
function keyOf(service: string, eventType: string): string {
  return JSON.stringify([service, eventType]);
}
