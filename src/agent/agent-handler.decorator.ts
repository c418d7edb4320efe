import type { Permission } from '@mira/access';
import type { Type } from '@nestjs/common';
import type { AgentEvent, AgentResult, Subscription } from './agent';

/** What was declared of which method. */
const HANDLERS = new WeakMap<object, AgentHandlerOptions>();

/** What an agent says of itself; see `Agent` for what each of them means. */
export interface AgentHandlerOptions<Config extends object = object> {
  readonly name: string;
  readonly description: string;
  readonly subscriptions?: readonly Subscription[];
  readonly permissions?: readonly Permission[];
  readonly config?: Type<Config>;
}

/** Nothing means that it is done. */
export type AgentHandlerMethod<Config extends object> = (event: AgentEvent<Config>) => Promise<AgentResult | void>;

/**
 * Makes an agent of a provider's method: it is found at the start, and called for each event as `Agent.handle` is.
 * The provider must be a singleton. A mistake ends the start.
 */
export function AgentHandler<Config extends object = object>(options: AgentHandlerOptions<Config>) {
  return <Method extends AgentHandlerMethod<Config>>(
    _target: object,
    method: string | symbol,
    { value }: TypedPropertyDescriptor<Method>,
  ): void => {
    if (!value) throw new Error(`@AgentHandler stands on ${String(method)}, which is no method.`);
    if (HANDLERS.has(value)) throw new Error(`@AgentHandler stands on ${String(method)} twice.`);
    HANDLERS.set(value, options);
  };
}

/** What was declared of a method, or undefined where it is none of an agent. */
export function agentHandlerOf(method: object): AgentHandlerOptions | undefined {
  return HANDLERS.get(method);
}
