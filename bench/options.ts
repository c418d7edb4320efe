import { join } from 'node:path';
import { parseArgs } from 'node:util';

export type DatabaseKind = 'server' | 'embedded';

export interface BenchOptions {
  /** Undefined: all of them. */
  readonly suite: string | undefined;
  /** Counted seconds of a round. */
  readonly seconds: number;
  readonly rounds: number;
  readonly connections: number;
  /** Stored beforehand, of growth. */
  readonly events: number;
  /** Undefined: those that are to be had. */
  readonly databases: readonly DatabaseKind[] | undefined;
  /** Where the results go. */
  readonly out: string;
  /** A stored result, or a folder of them, that this run is compared with; undefined for none. */
  readonly baseline: string | undefined;
  /** Where Mira's CPU profiles go; undefined for none. */
  readonly profile: string | undefined;
}

const USAGE = `npm run bench -- [options]
  --suite NAME         what is measured: ingest, delivery, auth, limits, or growth, which takes 20 minutes (all but it)
  --seconds N          counted seconds of a round (2.5)
  --rounds N           rounds, of which the medians are taken (3)
  --connections N      connections that send webhooks at the same time (64)
  --events N           events that are stored beforehand, of growth (10000000)
  --databases LIST     server, embedded or both with a comma (embedded, and server where one is found)
  --out FOLDER         where the results go (bench/results)
  --baseline PLACE     a stored result, or a folder of them, to compare with; ends with 1 where a figure became worse, by the
                       Mann-Whitney U test over the rounds (at least 4 each, so --rounds 5)
  --profile FOLDER     leave CPU profiles of Mira's process there, of ingest; figures are lower then`;

/** Null where only help was asked for. Throws with the usage on what it does not know. */
export function readOptions(args: readonly string[]): BenchOptions | null {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        suite: { type: 'string' },
        seconds: { type: 'string', default: '2.5' },
        rounds: { type: 'string', default: '3' },
        connections: { type: 'string', default: '64' },
        events: { type: 'string', default: '10000000' },
        databases: { type: 'string' },
        out: { type: 'string', default: join(import.meta.dirname, 'results') },
        baseline: { type: 'string' },
        profile: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.help) {
      console.log(USAGE);
      return null;
    }
    return {
      suite: values.suite,
      seconds: positive('seconds', values.seconds),
      rounds: whole('rounds', values.rounds),
      connections: whole('connections', values.connections),
      events: whole('events', values.events, 100_000_000),
      databases: values.databases?.split(',').map(databaseKind),
      out: values.out,
      baseline: values.baseline,
      profile: values.profile,
    };
  } catch (error) {
    throw new Error(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`, { cause: error });
  }
}

function positive(name: string, text: string, most = 600): number {
  const value = Number(text);
  if (!(value > 0 && value <= most)) throw new Error(`--${name} must be a number above 0 and up to ${most}`);
  return value;
}

function whole(name: string, text: string, most?: number): number {
  const value = positive(name, text, most);
  if (!Number.isInteger(value)) throw new Error(`--${name} must be a whole number`);
  return value;
}

function databaseKind(text: string): DatabaseKind {
  if (text === 'server' || text === 'embedded') return text;
  throw new Error(`--databases must name server or embedded, not ${text}`);
}
