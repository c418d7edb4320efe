import type { KnownSetting } from './setting/known-settings';
import { StartError } from './start-error';

/** Where the value of a setting was found. */
export type SettingSource =
  | { readonly kind: 'default' }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'environment'; readonly variable: string };

/**
 * Everything that is wrong with the configuration, in words for the person who has to set it right.
 * Its message never holds the value of a secret setting.
 */
export class ConfigError extends StartError {
  override readonly name = 'ConfigError';

  constructor(readonly problems: readonly string[]) {
    const count = problems.length === 1 ? 'one mistake' : `${problems.length} mistakes`;
    super([`Mira's configuration has ${count}:`, ...problems.map((problem) => `  - ${problem}`)].join('\n'));
  }
}

/** A setting by all its names: `webhook.port (MIRA_WEBHOOK_PORT or PORT)`. */
export function named(setting: KnownSetting): string {
  return `${setting.path} (${setting.variables.join(' or ')})`;
}

/** Where a value came from, to stand after "from". */
export function sourceInWords(source: SettingSource): string {
  switch (source.kind) {
    case 'default':
      return 'the defaults';
    case 'file':
      return source.path;
    case 'environment':
      return `the environment variable ${source.variable}`;
  }
}

/** Text that others wrote, on one line and not without end. */
export function quoted(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length <= 80 ? text : `${text.slice(0, 77)}...`;
}
