import { parseArgs } from 'node:util';
import { CannotRun } from '../support/interruption.ts';
import type { Tempo } from './faults.ts';

export interface ChaosOptions {
  readonly rounds: number;
  /** Of load, in each round. */
  readonly seconds: number;
  /** Of the first round; each has the next one. */
  readonly seed: number;
  readonly tempo: Tempo;
  /** Of each database, where it may have one of its own. */
  readonly diskMiB: number;
}

const USAGE = `npm run test:chaos -- [options]
  --rounds N     rounds of load with faults (20)
  --seconds N    seconds of load in a round (60)
  --seed N       of the first round, which is printed; each has the next one (at random)
  --short        one round of 20 seconds with faults that last 3, for every change`;

const SHORT = {
  rounds: '1',
  seconds: '20',
  lastsMs: 3_000,
  longMs: null,
  pauseMs: { least: 300, most: 1_500 },
  diskMiB: 384,
};
const FULL = {
  rounds: '20',
  seconds: '60',
  lastsMs: 10_000,
  longMs: 32_000,
  pauseMs: { least: 500, most: 4_000 },
  diskMiB: 1_536,
};

/** Null where only help was asked for. Throws with the usage on what it does not know. */
export function readOptions(args: readonly string[]): ChaosOptions | null {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        rounds: { type: 'string' },
        seconds: { type: 'string' },
        seed: { type: 'string' },
        short: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.help) {
      console.log(USAGE);
      return null;
    }
    const { rounds, seconds, lastsMs, longMs, pauseMs, diskMiB } = values.short ? SHORT : FULL;
    return {
      rounds: whole('rounds', values.rounds ?? rounds, 1, 1_000),
      seconds: whole('seconds', values.seconds ?? seconds, 10, 3_600),
      seed: whole('seed', values.seed ?? String(Math.floor(Math.random() * 1_000_000)), 0, 4_000_000_000),
      tempo: { lastsMs, longMs, pauseMs },
      diskMiB,
    };
  } catch (error) {
    throw new CannotRun(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`, { cause: error });
  }
}

function whole(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new Error(`--${name} must be a whole number from ${least} to ${most}`);
  }
  return value;
}
