/**
 * Tries an upgrade without a pause: the release before runs against the schema of this one, and beside it, on one
 * database. `npm run test:previous`; with `--if-possible` it is left out where it cannot be tried, with
 * `--release COMMIT` another is taken for the one before.
 */
import { parseArgs } from 'node:util';
import { buildRelease, recordedRelease, whyMissing } from './previous/release.ts';
import { upgrade, upgradeStage } from './previous/upgrade.trial.ts';
import { runInterruptibly } from './support/interruption.ts';
import { findServer } from './support/scratch-server.ts';
import { isMiss } from './trials/trial.ts';

async function main(interruption: AbortSignal): Promise<void> {
  const { values } = parseArgs({
    options: { 'if-possible': { type: 'boolean', default: false }, release: { type: 'string' } },
  });
  const commit = values.release ?? recordedRelease();
  const server = await findServer();
  const obstacle = (await whyMissing(commit)) ?? (server === null ? 'there is no PostgreSQL server' : null);
  if (obstacle !== null || server === null) {
    console.log(`The release before was not tried: ${obstacle}.`);
    if (!values['if-possible']) process.exitCode = 2;
    return;
  }
  await using scope = new AsyncDisposableStack();
  const begun = performance.now();
  const say = (what: string) => {
    interruption.throwIfAborted();
    console.log(`${((performance.now() - begun) / 1_000).toFixed(1)} s  ${what}`);
  };
  say(`building ${commit.slice(0, 12)}`);
  const previousRoot = await buildRelease(commit, { scope, signal: interruption });
  const stage = await upgradeStage(server, previousRoot, scope);
  const findings = await upgrade(stage, say);
  say('done');
  console.table(
    findings.map((one) => ({ ...one, ok: !isMiss(one) })),
    ['trial', 'what', 'expected', 'seen', 'ok'],
  );
  const misses = findings.filter(isMiss);
  for (const { trial, what, expected, seen } of misses) console.error(`${trial}: ${what}: ${seen}, not ${expected}`);
  if (misses.length > 0) process.exitCode = 1;
}

await runInterruptibly(main);
