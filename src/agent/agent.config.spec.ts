import 'reflect-metadata';
import type { Type } from '@nestjs/common';
import { IsInt, IsString, Max } from 'class-validator';
import { Agent, type AgentResult } from './agent';
import { readAgentConfig } from './agent.config';

class Settings {
  @IsInt({ message: 'must be a whole number' })
  @Max(9, { message: 'must be at most 9' })
  count = 3;

  @IsString({ message: 'must be a text' })
  label = 'none';
}

class Demanding {
  @IsString({ message: 'must be a text' })
  channel!: string;
}

class AnAgent extends Agent {
  readonly name = 'an_agent';
  readonly description = 'For tests.';

  constructor(override readonly configClass: Type<object> | null) {
    super();
  }

  async handle(): Promise<AgentResult> {
    return Promise.resolve({ kind: 'done' });
  }
}

const read = (given: object, configClass: Type<object> | null = Settings) =>
  readAgentConfig(new AnAgent(configClass), given);

describe('the settings of an agent', () => {
  it('are an instance of its class, with its defaults for what is left out', () => {
    const result = read({ count: 5 });
    expect(result).toEqual({ kind: 'ok', config: { count: 5, label: 'none' } });
    expect(result.kind === 'ok' && result.config).toBeInstanceOf(Settings);
  });

  it('are none for an agent that has nothing to set', () => {
    expect(read({}, null)).toEqual({ kind: 'ok', config: {} });
    expect(read({ a: 1 }, null)).toEqual({
      kind: 'faulty',
      errors: [{ field: 'config.a', message: 'this agent has no settings' }],
    });
  });

  it('are refused with all that is wrong, by field', () => {
    expect(read({ count: 10, label: 7, other: true })).toEqual({
      kind: 'faulty',
      errors: [
        { field: 'config.other', message: 'is not a known field' },
        { field: 'config.count', message: 'must be at most 9' },
        { field: 'config.label', message: 'must be a text' },
      ],
    });
  });

  it('are missing where the class has no default for one', () => {
    const missing = [{ field: 'config.channel', message: 'must be a text' }];
    expect(read({}, Demanding)).toEqual({ kind: 'faulty', errors: missing });
  });

  it.each([{ label: '\0' }, { label: '\ud800' }, { 'a\0': 1 }])(
    'are refused where they cannot be stored: %j',
    (given) => {
      expect(read(given)).toMatchObject({ kind: 'faulty', errors: [{ field: 'config' }] });
    },
  );

  it('are refused where they are endless', () => {
    expect(read({ label: 'x'.repeat(20_000) })).toMatchObject({
      kind: 'faulty',
      errors: [{ field: 'config', message: 'must be at most 16384 characters of JSON' }],
    });
  });

  it('change nothing that all objects share', () => {
    read(JSON.parse('{"__proto__": {"polluted": true}}') as object);
    expect(Reflect.get({}, 'polluted')).toBeUndefined();
  });
});
