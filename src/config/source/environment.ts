import { quoted } from '../config-error';
import { MIRA_SETTINGS } from '../mira.config';
import { nearest } from './nearest';
import { serviceLinks } from './service-links';

export type Env = Readonly<Record<string, string | undefined>>;

/** Names the JSON file; the one variable that is no setting. */
export const CONFIG_FILE_VARIABLE = 'MIRA_CONFIG';

/** What the environment says, by the path of each setting; the values are not looked at yet. */
export interface Environment {
  readonly values: ReadonlyMap<string, { readonly value: unknown; readonly variable: string }>;
  /** `MIRA_CONFIG` */
  readonly configFile: string | undefined;
  readonly problems: readonly string[];
}

export function readEnvironment(env: Env): Environment {
  const links = serviceLinks(env);
  // An empty variable counts as not set: compose files and shells hand those on for what nobody filled in.
  const given = new Map(
    Object.entries(env).filter(([name, text]) => text !== undefined && text !== '' && !links.has(name)),
  );
  return {
    values: settingsIn(given),
    configFile: given.get(CONFIG_FILE_VARIABLE),
    problems: strangersIn([...given.keys()]),
  };
}

function settingsIn(given: ReadonlyMap<string, string | undefined>): Environment['values'] {
  const values = new Map<string, { value: unknown; variable: string }>();
  for (const setting of MIRA_SETTINGS) {
    const variable = setting.variables.find((name) => given.has(name));
    const text = variable === undefined ? undefined : given.get(variable);
    if (variable !== undefined && text !== undefined) {
      values.set(setting.path, { value: setting.fromText(text), variable });
    }
  }
  return values;
}

/** `MIRA_` is Mira's own, so a name that it does not know is a typing error. `MIRA_TEST_` belongs to the tests. */
function strangersIn(names: readonly string[]): string[] {
  const known = [...MIRA_SETTINGS.flatMap((setting) => setting.variables.slice(0, 1)), CONFIG_FILE_VARIABLE];
  return names
    .filter((name) => name.startsWith('MIRA_') && !name.startsWith('MIRA_TEST_') && !known.includes(name))
    .map((name) => {
      const meant = nearest(name, name.slice('MIRA_'.length), known) ?? '';
      const setting = MIRA_SETTINGS.find(({ variables }) => variables[0] === meant);
      const place = setting === undefined ? 'the path of the JSON file' : setting.path;
      const shown = /^\w{1,80}$/.test(name) ? name : quoted(name);
      return `${shown} in the environment is unknown; the nearest known variable is ${meant} (${place}).`;
    });
}
