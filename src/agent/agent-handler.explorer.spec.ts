import 'reflect-metadata';
import { Controller, Injectable, Module, type Provider, Scope, type Type } from '@nestjs/common';
import { DiscoveryModule, NestFactory } from '@nestjs/core';
import { IsInt } from 'class-validator';
import type { AgentEvent, AgentResult } from './agent';
import { AgentHandler } from './agent-handler.decorator';
import { AgentHandlerExplorer } from './agent-handler.explorer';
import { AgentRegistry } from './agent.registry';

class Settings {
  @IsInt()
  count = 3;
}

const pushes = { service: 'github', eventType: 'push' };

@Injectable()
class Reports {
  readonly seen: AgentEvent[] = [];

  @AgentHandler({ name: 'reports', description: 'Reports.', subscriptions: [pushes], config: Settings })
  async onPush(event: AgentEvent<Settings>): Promise<void> {
    this.seen.push(event);
    return Promise.resolve();
  }

  @AgentHandler({ name: 'refuses', description: 'Refuses.' })
  async onOther(): Promise<AgentResult> {
    return Promise.resolve({ kind: 'refused', reason: 'not for me' });
  }
}

@Injectable()
class More extends Reports {}

@Injectable()
class SameName {
  @AgentHandler({ name: 'reports', description: 'Reports too.' })
  async onPush(): Promise<void> {}
}

@Injectable({ scope: Scope.REQUEST })
class EachRequest {
  @AgentHandler({ name: 'each', description: 'Each.' })
  async on(): Promise<void> {}
}

@Controller()
class AController {
  @AgentHandler({ name: 'controller', description: 'A controller.' })
  async on(): Promise<void> {}
}

async function started(providers: Provider[], controllers: Type<unknown>[] = []) {
  @Module({
    imports: [DiscoveryModule],
    controllers,
    providers: [AgentRegistry, AgentHandlerExplorer, ...providers],
  })
  class Program {}

  return NestFactory.createApplicationContext(Program, { logger: false, abortOnError: false });
}

const failure = async (providers: Provider[], controllers?: Type<unknown>[]): Promise<string> =>
  started(providers, controllers).then(
    () => 'it started',
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );

describe('a method with @AgentHandler', () => {
  it('is an agent, called on its provider', async () => {
    const program = await started([Reports, { provide: 'an alias', useExisting: Reports }]);
    const registry = program.get(AgentRegistry);
    expect(registry.names()).toEqual(['reports', 'refuses']);
    const [agent] = registry.findSubscribed('github', 'push');
    expect(agent).toMatchObject({ description: 'Reports.', configClass: Settings, isStandard: false });
    const event = Object.create(null) as AgentEvent;
    expect(await agent?.handle(event)).toEqual({ kind: 'done' });
    expect(program.get(Reports).seen).toEqual([event]);
    expect(await registry.find('refuses')?.handle(event)).toEqual({ kind: 'refused', reason: 'not for me' });
    await program.close();
  });

  it.each<[string, Provider[], Type<unknown>[], RegExp]>([
    [
      'its name is taken',
      [Reports, SameName],
      [],
      /^SameName\.onPush cannot .* the name "reports" is taken by Reports\.onPush/,
    ],
    ['it is inherited by another provider', [Reports, More], [], /^More\.onPush cannot be registered/],
    ['its provider is made for each request', [EachRequest], [], /^EachRequest\.on is made for each request/],
    ['it is of a controller', [], [AController], /^AController\.on is of a controller/],
  ])('ends the start where %s', async (_case, providers, controllers, message) => {
    expect(await failure(providers, controllers)).toMatch(message);
  });

  it('is none twice', () => {
    const declare = () => {
      class Twice {
        @AgentHandler({ name: 'a', description: 'A.' })
        @AgentHandler({ name: 'b', description: 'B.' })
        async on(): Promise<void> {}
      }
      return Twice;
    };
    expect(declare).toThrow('@AgentHandler stands on on twice.');
  });
});
