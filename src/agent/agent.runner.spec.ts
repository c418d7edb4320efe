import 'reflect-metadata';
import { IsInt } from 'class-validator';
import { Agent, type AgentEvent, type AgentResult } from './agent';
import { AgentRegistry } from './agent.registry';
import { AgentRunner } from './agent.runner';
import type { AgentStanding } from './agent.settings';

class Settings {
  @IsInt({ message: 'must be a whole number' })
  count = 3;
}

class AnAgent extends Agent<Settings> {
  readonly name = 'an_agent';
  readonly description = 'For tests.';
  override readonly configClass = Settings;
  readonly seen: AgentEvent<Settings>[] = [];

  async handle(event: AgentEvent<Settings>): Promise<AgentResult> {
    this.seen.push(event);
    return Promise.resolve({ kind: 'done', detail: 'handled' });
  }
}

const event = {
  tenantId: 't',
  eventId: 'e',
  deliveryId: 'd',
  attempt: 1,
  service: 'github',
  eventType: 'push',
  contentType: null,
  payload: null,
  body: Buffer.alloc(0),
  receivedAt: new Date(),
  hops: 1,
  by: { userId: null, apiKeyId: null },
};

function aRunner(standing: Partial<AgentStanding> | null) {
  const [agent, registry] = [new AnAgent(), new AgentRegistry()];
  registry.register(agent);
  const whole = standing && { enabled: true, config: {}, isInPlan: true, ...standing };
  return { agent, sut: new AgentRunner(registry, { standingOf: () => Promise.resolve(whole) }) };
}

describe('an agent', () => {
  it('runs with the settings of the tenant', async () => {
    const { agent, sut } = aRunner({ config: { count: 7 } });
    expect(await sut.run('an_agent', event)).toEqual({ kind: 'done', detail: 'handled' });
    expect(agent.seen).toEqual([{ ...event, config: { count: 7 } }]);
  });

  it.each<[string, Partial<AgentStanding> | null, RegExp]>([
    ['it is switched off', { enabled: false }, /switched off/],
    ['the plan does not include it', { isInPlan: false }, /plan does not include/],
    ['the tenant is gone', null, /tenant is gone/],
  ])('rests where %s', async (_case, standing, reason) => {
    const { agent, sut } = aRunner(standing);
    expect(await sut.run('an_agent', event)).toEqual({ kind: 'idle', reason: expect.stringMatching(reason) });
    expect(agent.seen).toEqual([]);
  });

  it('is not given settings that its class does not take any more', async () => {
    const { agent, sut } = aRunner({ config: { count: 'many' } });
    expect(await sut.run('an_agent', event)).toEqual({
      kind: 'refused',
      reason: 'The agent an_agent has to be configured: config.count must be a whole number.',
    });
    expect(agent.seen).toEqual([]);
  });

  it('is unknown where nobody registered it', async () => {
    expect(await aRunner({}).sut.run('another', event)).toMatchObject({ kind: 'unknown' });
  });
});
