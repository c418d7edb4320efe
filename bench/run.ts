/**
 * `npm run bench`: measures one suite, or all of them one after the other, and leaves their results in bench/results.
 * Whatever it starts it ends again, also when it fails or is interrupted.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { type BenchOptions, readOptions } from './options.ts';
import type { Suite } from './suite.ts';
import { auth } from './suites/auth.ts';
import { delivery } from './suites/delivery.ts';
import { growth } from './suites/growth.ts';
import { ingest } from './suites/ingest.ts';
import { limits } from './suites/limits.ts';
import { chartOf } from './support/chart.ts';
import { type Compared, compareFigures, type MannWhitney, storedFigures } from './support/figure.ts';

const SUITES: Readonly<Record<string, Suite>> = { ingest, delivery, auth, limits, growth };
/** Those that take so long that they are run only when asked for. */
const LONG = new Set(['growth']);

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  if (options) await run(options);
}

async function run(options: BenchOptions): Promise<void> {
  const scope = new AsyncDisposableStack();
  // Signals are listened to all along: an impatient second one must not end us in the middle of clearing up.
  let ending: Promise<void> | null = null;
  const cutShort = (): void => {
    ending ??= scope.disposeAsync().finally(() => process.exit(130));
  };
  process.on('SIGINT', cutShort).on('SIGTERM', cutShort).on('SIGHUP', cutShort);
  // What is thrown beside the suite's own course, as where nobody reads our output any more.
  process.once('uncaughtException', (error) => {
    console.error(error);
    cutShort();
  });
  try {
    for (const [name, suite] of chosen(options.suite)) {
      // Of its own, so that nothing of one suite runs while the next is measured; within the other, for interruptions.
      const own = scope.use(new AsyncDisposableStack());
      // Before anything is measured, for what is stored there may be about to be written over.
      const before = options.baseline === undefined ? null : storedFigures(options.baseline, name);
      const { json, markdown, figures } = await suite(options, own, (line) => console.log(line));
      await own.disposeAsync();
      mkdirSync(options.out, { recursive: true });
      writeFileSync(join(options.out, `${name}.json`), `${JSON.stringify({ ...json, figures }, null, 2)}\n`);
      writeFileSync(join(options.out, `${name}.svg`), chartOf(name, figures));
      writeFileSync(join(options.out, `${name}.md`), markdown);
      console.log(`\n${markdown}`);
      if (before) judge(compareFigures(before, figures, mannWhitney()));
    }
  } finally {
    await scope.disposeAsync();
  }
}

/** The program's own, built: this folder is compiled by other rules. */
function mannWhitney(): MannWhitney {
  const load = createRequire(join(import.meta.dirname, '..', 'dist', 'package.json'));
  return (load('./libs/benchmark/index.js') as { mannWhitney: MannWhitney }).mannWhitney;
}

/** A loss is the end's exit code, not the end: other suites are measured all the same. */
function judge(compared: readonly Compared[]): void {
  console.table(compared);
  const worse = compared.filter(({ judgement }) => judgement === 'worse');
  for (const { name, change_pct } of worse) console.error(`${name} became worse by ${-change_pct} %`);
  if (worse.length > 0) process.exitCode = 1;
}

function chosen(name: string | undefined): [string, Suite][] {
  if (name === undefined) return Object.entries(SUITES).filter(([one]) => !LONG.has(one));
  const suite = SUITES[name];
  if (!suite) throw new Error(`There is no suite ${name}, but ${Object.keys(SUITES).join(', ')}.`);
  return [[name, suite]];
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
