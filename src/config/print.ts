import { ConfigError } from './config-error';
import { configAsShown, describeConfig, settingsTable } from './describe-config';
import type { MiraConfig } from './mira.config';
import { loadProcessConfig } from './process-config';

const USAGE = `Usage: npm run config:print -- [--sources | --table]

  (nothing)   what is in force, as JSON, with secrets hidden
  --sources   the same, one setting a line, with where each came from
  --table     the table of all settings for docs/configuration.md
`;

export interface Printed {
  readonly exitCode: 0 | 1;
  readonly out: string;
  readonly err: string;
}

/** `npm run config:print` as a function of its arguments. */
export function printConfig(args: readonly string[], load: () => MiraConfig): Printed {
  const [option, ...rest] = args;
  if (rest.length > 0) return { exitCode: 1, out: '', err: USAGE };
  try {
    switch (option) {
      case undefined:
        return printed(JSON.stringify(configAsShown(load()), null, 2));
      case '--sources':
        return printed(withSources(load()));
      case '--table':
        return printed(settingsTable());
      default:
        return { exitCode: 1, out: '', err: USAGE };
    }
  } catch (error) {
    if (error instanceof ConfigError) return { exitCode: 1, out: '', err: `${error.message}\n` };
    throw error;
  }
}

function printed(text: string): Printed {
  return { exitCode: 0, out: `${text}\n`, err: '' };
}

function withSources(config: MiraConfig): string {
  const lines = describeConfig(config).map(
    ({ path, value, source, from }) =>
      `  ${JSON.stringify(path)}: ${JSON.stringify({ value, source, ...(source === 'default' ? {} : { from }) })}`,
  );
  return `{\n${lines.join(',\n')}\n}`;
}

if (require.main === module) {
  const { exitCode, out, err } = printConfig(process.argv.slice(2), loadProcessConfig);
  process.stdout.write(out);
  process.stderr.write(err);
  process.exitCode = exitCode;
}
