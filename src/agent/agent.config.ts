import { type FieldError, validationProblem } from '@mira/problem';
import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import type { Agent } from './agent';

/** A tenant's settings for an agent, as its handler gets them, or what is wrong with them. */
export type ReadConfig =
  | { readonly kind: 'ok'; readonly config: object }
  | { readonly kind: 'faulty'; readonly errors: readonly FieldError[] };

/** Settings are a few values, and are read with each event. In characters of JSON. */
const MAX_CONFIG_LENGTH = 16_384;

/**
 * Holds settings against the agent's config class: what is left out has the class's default, what is unknown is refused.
 * Also for those that are stored, since the class may have changed since.
 */
export function readAgentConfig({ configClass }: Agent, given: object): ReadConfig {
  const unstorable = storageFault(given);
  if (unstorable !== null) return { kind: 'faulty', errors: [{ field: 'config', message: unstorable }] };
  if (configClass === null) {
    const errors = Object.keys(given).map((name) => ({ field: fieldOf(name), message: 'this agent has no settings' }));
    return errors.length === 0 ? { kind: 'ok', config: {} } : { kind: 'faulty', errors };
  }
  const config = plainToInstance(configClass, given, { exposeDefaultValues: true });
  const faults = validateSync(config, { whitelist: true, forbidNonWhitelisted: true, stopAtFirstError: true });
  if (faults.length === 0) return { kind: 'ok', config };
  const { errors = [] } = validationProblem(faults);
  return { kind: 'faulty', errors: errors.map(({ field, message }) => ({ field: fieldOf(field), message })) };
}

function fieldOf(name: string): string {
  return `config.${name}`.slice(0, 200);
}

function storageFault(given: object): string | null {
  let isStorable = true;
  const text = JSON.stringify(given, (key, value: unknown) => {
    for (const one of [key, value]) {
      if (typeof one === 'string' && (one.includes('\0') || !one.isWellFormed())) isStorable = false;
    }
    return value;
  });
  if (!isStorable) return 'must hold texts without NUL and without halves of surrogate pairs';
  return text.length > MAX_CONFIG_LENGTH ? `must be at most ${MAX_CONFIG_LENGTH} characters of JSON` : null;
}
