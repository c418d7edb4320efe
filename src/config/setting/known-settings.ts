import { type ConfigClass, entriesOf, type SettingEntry } from './setting.decorator';

/** One setting of the class tree, with the names it goes by. */
export interface KnownSetting extends SettingEntry {
  /** `['webhook', 'port']` */
  readonly keys: readonly string[];
  /** `webhook.port`, as messages and documents name it */
  readonly path: string;
  /** The variables that set it, the strongest first: `MIRA_WEBHOOK_PORT`, `PORT`. */
  readonly variables: readonly string[];
  readonly defaultValue: unknown;
}

/** Every setting below a configuration class, in the order in which they are written. */
export function knownSettings(root: ConfigClass): KnownSetting[] {
  return settingsBelow(root, []);
}

/** The paths of all sections below a configuration class: `webhook`, `webhook.rate_limit`, … */
export function knownSections(root: ConfigClass): string[] {
  return sectionsBelow(root, []);
}

/** What stands at a place in nested objects, or undefined. */
export function valueAt(root: unknown, keys: readonly string[]): unknown {
  return keys.reduce<unknown>((value, key) => (isRecord(value) ? value[key] : undefined), root);
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Builds nested objects: sets `value` at the place that `keys` name. The keys come from the class tree. */
export function putAt(root: Record<string, unknown>, keys: readonly string[], value: unknown): void {
  const [key, ...rest] = keys;
  if (key === undefined) return;
  if (rest.length === 0) {
    root[key] = value;
    return;
  }
  const found = root[key];
  const inner = isRecord(found) ? found : {};
  root[key] = inner;
  putAt(inner, rest, value);
}

function settingsBelow(section: ConfigClass, at: readonly string[]): KnownSetting[] {
  const defaults: unknown = new section();
  return [...entriesOf(section)].flatMap(([key, entry]) => {
    const keys = [...at, key];
    if (entry.kind === 'section') return settingsBelow(entry.section, keys);
    const own = `MIRA_${keys.join('_').toUpperCase()}`;
    const variables = entry.setting.customary === undefined ? [own] : [own, entry.setting.customary];
    return [{ ...entry.setting, keys, path: keys.join('.'), variables, defaultValue: valueAt(defaults, [key]) }];
  });
}

function sectionsBelow(section: ConfigClass, at: readonly string[]): string[] {
  return [...entriesOf(section)].flatMap(([key, entry]) => {
    if (entry.kind === 'setting') return [];
    const keys = [...at, key];
    return [keys.join('.'), ...sectionsBelow(entry.section, keys)];
  });
}
