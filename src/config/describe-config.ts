import { sourceInWords } from './config-error';
import { sourceOf } from './load-config';
import { MIRA_SETTINGS, type MiraConfig } from './mira.config';
import { putAt, valueAt } from './setting/known-settings';

/** A setting as it may be shown to anyone. */
export interface DescribedSetting {
  readonly path: string;
  /** The `MIRA_` variable that sets it. */
  readonly variable: string;
  /** What is in force; of a secret only whether it is set: `(hidden)` or `(not set)`. */
  readonly value: unknown;
  readonly source: 'default' | 'file' | 'environment';
  /** In words: the path of the file or the name of the variable. */
  readonly from: string;
}

export function describeConfig(config: MiraConfig): DescribedSetting[] {
  return MIRA_SETTINGS.map((setting) => {
    const source = sourceOf(config, setting.path);
    return {
      path: setting.path,
      variable: setting.variables[0] ?? '',
      value: setting.show(valueAt(config, setting.keys)),
      source: source.kind,
      from: sourceInWords(source),
    };
  });
}

/** What is in force in the shape of the JSON file, with secrets hidden. */
export function configAsShown(config: MiraConfig): Record<string, unknown> {
  const shown: Record<string, unknown> = {};
  for (const { path, value } of describeConfig(config)) putAt(shown, path.split('.'), value);
  return shown;
}

/** The table of all settings in docs/configuration.md. */
export function settingsTable(): string {
  const rows = MIRA_SETTINGS.map((setting) => {
    const variables = setting.variables.map((name) => `\`${name}\``).join(', ');
    const byDefault = setting.derivedDefault ?? `\`${JSON.stringify(setting.defaultValue)}\``;
    return [
      `\`${setting.path}\`${setting.secret ? ' (secret)' : ''}`,
      variables,
      byDefault,
      setting.takes,
      setting.about,
    ];
  });
  return [['Setting', 'Environment', 'Default', 'Takes', 'What it is for'], Array<string>(5).fill('---'), ...rows]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
}
