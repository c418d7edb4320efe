import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { named, quoted } from '../config-error';
import { MIRA_SETTINGS, MiraConfig } from '../mira.config';
import { isRecord, knownSections, valueAt } from '../setting/known-settings';
import { jsonMistakeAt } from './json-syntax';
import { nearest } from './nearest';

const DEFAULT_NAME = 'mira.config.json';
const SECTIONS = knownSections(MiraConfig);

/** What the JSON file says, by the path of each setting; the values are not looked at yet. */
export interface ConfigFile {
  readonly path: string;
  readonly values: ReadonlyMap<string, unknown>;
  readonly problems: readonly string[];
}

export interface ConfigFilePlace {
  /** The value of `MIRA_CONFIG`: a file that must be there. Without it the default file is read if there is one. */
  readonly named: string | undefined;
  readonly cwd: string;
  /** Fails like `readFileSync` does; with code `ENOENT` for a file that is not there. */
  readonly readFile?: ((path: string) => string) | undefined;
}

export function readConfigFile(place: ConfigFilePlace): ConfigFile {
  const path = resolve(place.cwd, place.named ?? DEFAULT_NAME);
  const failed = (problem: string): ConfigFile => ({ path, values: new Map(), problems: [problem] });

  let text: string;
  try {
    text = (place.readFile ?? ((file) => readFileSync(file, 'utf8')))(path);
  } catch (error) {
    const code = errorCode(error);
    if (code !== 'ENOENT') return failed(`${path} cannot be read (${code}).`);
    if (place.named === undefined) return { path, values: new Map(), problems: [] };
    return failed(`MIRA_CONFIG names ${path}, but there is no such file.`);
  }

  const json = parseJson(text);
  if (json.kind === 'broken') {
    return failed(`${path} is not JSON: see ${json.at}. JSON knows neither comments nor a comma after the last item.`);
  }
  if (!isRecord(json.value)) return failed(`${path} must hold a JSON object: { … }.`);
  return { path, values: valuesIn(json.value), problems: [...strangers(json.value, [], path)] };
}

function parseJson(text: string): { kind: 'json'; value: unknown } | { kind: 'broken'; at: string } {
  const withoutMark = text.replace(/^\uFEFF/, '');
  try {
    return { kind: 'json', value: JSON.parse(withoutMark) };
  } catch {
    return { kind: 'broken', at: jsonMistakeAt(withoutMark) };
  }
}

function valuesIn(json: Record<string, unknown>): Map<string, unknown> {
  const values = new Map<string, unknown>();
  for (const { path, keys, derivedDefault } of MIRA_SETTINGS) {
    const value = valueAt(json, keys);
    const asksForDefault = value === null && derivedDefault !== undefined;
    if (value !== undefined && !asksForDefault) values.set(path, value);
  }
  return values;
}

/** Names what is in the file and no setting, and sections that are no objects. */
function* strangers(json: Record<string, unknown>, at: readonly string[], file: string): Generator<string> {
  for (const [key, value] of Object.entries(json)) {
    const path = [...at, key].join('.');
    if (key.includes('.')) {
      const meant = nearestKnown(path, key);
      yield `${quoted(key)} in ${file} is unknown; sections are nested objects there, and the nearest is ${meant}.`;
    } else if (SECTIONS.includes(path)) {
      if (isRecord(value)) yield* strangers(value, [...at, key], file);
      else yield `${path} in ${file} must be an object with settings: { … }.`;
    } else if (!MIRA_SETTINGS.some((setting) => setting.path === path)) {
      yield `${shortened(path)} in ${file} is unknown; the nearest known setting is ${nearestKnown(path, key)}.`;
    }
  }
}

function nearestKnown(path: string, key: string): string {
  const known = [...MIRA_SETTINGS.map((setting) => setting.path), ...SECTIONS];
  const found = nearest(path, key, known) ?? '';
  const setting = MIRA_SETTINGS.find((one) => one.path === found);
  return setting === undefined ? `the section ${found}` : named(setting);
}

function shortened(path: string): string {
  return /^[\w.-]{1,80}$/.test(path) ? path : quoted(path);
}

function errorCode(error: unknown): string {
  return isRecord(error) && typeof error['code'] === 'string' ? error['code'] : 'unknown error';
}
