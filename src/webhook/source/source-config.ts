import { validateSync } from 'class-validator';

/** An endpoint's own settings for its source, as they are stored: a JSON object that `configErrors` found good. */
export type SourceConfig = Readonly<Record<string, unknown>>;

/** One thing wrong with a configuration, in the form of a problem's `errors`. */
export interface ConfigError {
  readonly field: string;
  readonly message: string;
}

/** More would tell nobody anything, and fill the answer. */
const MAX_ERRORS = 100;

export function isSourceConfig(config: unknown): config is SourceConfig {
  return typeof config === 'object' && config !== null && !Array.isArray(config);
}

/**
 * Checks a configuration against a class of validated settings, each with a default. Every fault is named at once,
 * unknown settings included; null and undefined stand for no settings.
 */
export function configErrorsOf(shape: new () => object, config: unknown): ConfigError[] {
  if (config === undefined || config === null) return [];
  if (!isSourceConfig(config)) return [{ field: 'config', message: 'must be an object' }];
  const settings = new shape();
  const known = Object.keys(settings);
  const errors: ConfigError[] = [];
  for (const [name, value] of Object.entries(config)) {
    if (known.includes(name)) Reflect.set(settings, name, value);
    else if (errors.length < MAX_ERRORS)
      errors.push({ field: `config.${name}`, message: `is unknown; ${settingsInWords(known)}` });
  }
  if (known.length === 0) return errors;
  for (const { property, constraints } of validateSync(settings, { stopAtFirstError: true })) {
    for (const message of Object.values(constraints ?? {})) errors.push({ field: `config.${property}`, message });
  }
  return errors;
}

function settingsInWords(known: readonly string[]): string {
  return known.length === 0 ? 'this source has no settings' : `the settings are ${known.join(', ')}`;
}
