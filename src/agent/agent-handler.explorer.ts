import type { Permission } from '@mira/access';
import { Injectable, type OnModuleInit, type Type } from '@nestjs/common';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { Agent, type AgentEvent, type AgentResult, type Subscription } from './agent';
import { type AgentHandlerMethod, agentHandlerOf, type AgentHandlerOptions } from './agent-handler.decorator';
import { AgentRegistry } from './agent.registry';

/** A method with `@AgentHandler`, as an agent. */
export class HandlerAgent extends Agent {
  readonly name: string;
  readonly description: string;
  override readonly subscriptions: readonly Subscription[];
  override readonly permissions: readonly Permission[];
  override readonly configClass: Type<object> | null;

  constructor(
    options: AgentHandlerOptions,
    override readonly origin: string,
    private readonly call: AgentHandlerMethod<object>,
  ) {
    super();
    this.name = options.name;
    this.description = options.description;
    this.subscriptions = options.subscriptions ?? [];
    this.permissions = options.permissions ?? [];
    this.configClass = options.config ?? null;
  }

  async handle(event: AgentEvent): Promise<AgentResult> {
    return (await this.call(event)) ?? { kind: 'done' };
  }
}

/** Finds the methods with `@AgentHandler` among all providers, and registers each as an agent. */
@Injectable()
export class AgentHandlerExplorer implements OnModuleInit {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly registry: AgentRegistry,
  ) {}

  /** @throws Error where a handler could not be called, or is none that can be registered */
  onModuleInit(): void {
    for (const { metatype } of this.discovery.getControllers()) {
      const [handler] = metatype ? this.handlersOf(metatype.prototype) : [];
      if (handler) throw new Error(`${nameOf(metatype)}.${handler.method} is of a controller: ${PUT_IT_ELSEWHERE}`);
    }
    const seen = new Set<unknown>();
    for (const wrapper of this.discovery.getProviders()) {
      const instance: unknown = wrapper.instance;
      if (typeof instance !== 'object' || instance === null || seen.has(instance)) continue;
      seen.add(instance);
      for (const { method, options, call } of this.handlersOf(Object.getPrototypeOf(instance))) {
        const origin = `${nameOf(instance.constructor)}.${method}`;
        if (!wrapper.isDependencyTreeStatic())
          throw new Error(`${origin} is made for each request: ${PUT_IT_ELSEWHERE}`);
        this.registry.register(new HandlerAgent(options, origin, (event) => call.call(instance, event)));
      }
    }
  }

  private handlersOf(prototype: unknown): Found[] {
    if (typeof prototype !== 'object' || prototype === null || prototype === Object.prototype) return [];
    return this.scanner.getAllMethodNames(prototype).flatMap((method) => {
      const call: unknown = Reflect.get(prototype, method);
      const options = typeof call === 'function' ? agentHandlerOf(call) : undefined;
      return options && isHandler(call) ? [{ method, options, call }] : [];
    });
  }
}

interface Found {
  readonly method: string;
  readonly options: AgentHandlerOptions;
  readonly call: AgentHandlerMethod<object>;
}

const PUT_IT_ELSEWHERE = '@AgentHandler stands on methods of singleton providers.';

/** What has the decorator's mark took an event, for its type would not let it stand elsewhere. */
function isHandler(call: unknown): call is AgentHandlerMethod<object> {
  return typeof call === 'function';
}

function nameOf(metatype: unknown): string {
  return typeof metatype === 'function' ? metatype.name : 'a provider';
}
