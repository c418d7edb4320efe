/**
 * `npm run bench`: measures one suite and leaves its results in bench/results. Whatever it starts it ends again,
 * also when it fails or is interrupted.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type BenchOptions, readOptions } from './options.ts';
import type { Suite } from './suite.ts';
import { ingest } from './suites/ingest.ts';

const SUITES: Readonly<Record<string, Suite>> = { ingest };

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  if (options) await run(options);
}

async function run(options: BenchOptions): Promise<void> {
  const suite = SUITES[options.suite];
  if (!suite) throw new Error(`There is no suite ${options.suite}, but ${Object.keys(SUITES).join(', ')}.`);
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
    const { json, markdown } = await suite(options, scope, (line) => console.log(line));
    mkdirSync(options.out, { recursive: true });
    writeFileSync(join(options.out, `${options.suite}.json`), `${JSON.stringify(json, null, 2)}\n`);
    writeFileSync(join(options.out, `${options.suite}.md`), markdown);
    console.log(`\n${markdown}`);
  } finally {
    await scope.disposeAsync();
  }
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
