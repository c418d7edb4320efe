import { plainToInstance } from 'class-transformer';
import { validateSync, type ValidationError } from 'class-validator';
import { ConfigError, named, quoted, type SettingSource, sourceInWords } from './config-error';
import { MIRA_SETTINGS, MiraConfig } from './mira.config';
import { type KnownSetting, putAt } from './setting/known-settings';
import { readConfigFile } from './source/config-file';
import { type Env, readEnvironment } from './source/environment';

export interface ConfigInput {
  readonly env: Env;
  readonly cwd: string;
  readonly readFile?: (path: string) => string;
}

/** The values that were given for settings, each with where it came from. Defaults are not among them. */
type Given = Map<string, { readonly value: unknown; readonly source: SettingSource }>;

const sourcesOfConfig = new WeakMap<MiraConfig, ReadonlyMap<string, SettingSource>>();

/**
 * Reads the configuration: defaults, below the JSON file, below the environment. What it returns cannot be changed.
 * @throws ConfigError that names everything that is wrong at once
 */
export function loadConfig({ env, cwd, readFile }: ConfigInput): MiraConfig {
  const environment = readEnvironment(env);
  const file = readConfigFile({ named: environment.configFile, cwd, readFile });

  const given: Given = new Map();
  for (const [path, value] of file.values) given.set(path, { value, source: { kind: 'file', path: file.path } });
  for (const [path, { value, variable }] of environment.values) {
    given.set(path, { value, source: { kind: 'environment', variable } });
  }

  const config = build(given);
  const problems = [...file.problems, ...environment.problems, ...wrongValues(config, given), ...wrongTogether(given)];
  if (problems.length > 0) throw new ConfigError(problems);

  sourcesOfConfig.set(config, new Map([...given].map(([path, { source }]) => [path, source])));
  return deepFreeze(config);
}

/** Where the value of a setting came from. A configuration that was not loaded is all defaults. */
export function sourceOf(config: MiraConfig, path: string): SettingSource {
  return sourcesOfConfig.get(config)?.get(path) ?? { kind: 'default' };
}

function build(given: Given): MiraConfig {
  const plain: Record<string, unknown> = {};
  for (const { path, keys } of MIRA_SETTINGS) {
    const found = given.get(path);
    if (found !== undefined) putAt(plain, keys, found.value);
  }
  // Beside a database server, Mira's own network is a data centre's and not a laptop's: nothing private is open.
  if (isGiven(given, 'database.url') && !given.has('outbound.allow')) putAt(plain, ['outbound', 'allow'], []);
  return plainToInstance(MiraConfig, plain, { exposeDefaultValues: true });
}

function wrongValues(config: MiraConfig, given: Given): string[] {
  const wrong = new Map(failures(validateSync(config), []));
  return MIRA_SETTINGS.flatMap((setting) => {
    const requirement = wrong.get(setting.path);
    return requirement === undefined ? [] : [wrongValue(setting, requirement, given.get(setting.path))];
  });
}

function wrongValue(setting: KnownSetting, requirement: string, found: ReturnType<Given['get']>): string {
  const source = sourceInWords(found?.source ?? { kind: 'default' });
  const is = setting.quotable ? `is ${quoted(found?.value)}` : 'has a value that is not right (it is not shown)';
  return `${named(setting)} ${is}, from ${source}: ${requirement}.`;
}

function* failures(errors: readonly ValidationError[], at: readonly string[]): Generator<[string, string]> {
  for (const { property, constraints, children } of errors) {
    const keys = [...at, property];
    const requirement = constraints?.['setting'];
    if (requirement !== undefined) yield [keys.join('.'), requirement];
    yield* failures(children ?? [], keys);
  }
}

/** What each value alone cannot tell. */
function wrongTogether(given: Given): string[] {
  const masterKey = MIRA_SETTINGS.find(({ path }) => path === 'master_key');
  if (masterKey === undefined || !isGiven(given, 'database.url') || isGiven(given, 'master_key')) return [];
  return [
    `${named(masterKey)} is not set, but database.url is: all processes that share a database server need the same ` +
      `key for the secrets in it, so it must be ${masterKey.takes.replace(', or null', '')}; ` +
      '`openssl rand -base64 32` makes one.',
  ];
}

function isGiven(given: Given, path: string): boolean {
  const found = given.get(path);
  return found !== undefined && found.value !== null;
}

function deepFreeze<T extends object>(value: T): T {
  for (const inner of Object.values(value)) {
    if (typeof inner === 'object' && inner !== null) deepFreeze(inner);
  }
  return Object.freeze(value);
}
