/**
 * Tries what Mira promises of several processes on one database: limits that are exact, also while a day ends, and an
 * audit trail that tells who tampered with it. `npm run test:trials -- --short`
 */
import { parseArgs } from 'node:util';
import { CannotRun, runInterruptibly } from './support/interruption.ts';
import { gapsOf, printLedger, reconcile } from './support/reconcile.ts';
import { auditTrial } from './trials/audit.trial.ts';
import { limitsTrial } from './trials/limits.trial.ts';
import { midnightTrial, quotaTrial } from './trials/quota.trial.ts';
import { startStage, type Stage } from './trials/stage.ts';
import { type Finding, Findings, FULL, isMiss, type Measure, SHORT } from './trials/trial.ts';

const TRIALS: readonly ((stage: Stage, measure: Measure) => Promise<Finding[]>)[] = [
  quotaTrial,
  midnightTrial,
  limitsTrial,
  auditTrial,
  booksTrial,
];

/** Whatever the trials did, it is all accounted for. */
async function booksTrial(stage: Stage): Promise<Finding[]> {
  const ledger = await reconcile(stage);
  printLedger(ledger);
  const findings = new Findings('the books');
  findings.hold('gaps', 'none', gapsOf(ledger).join('; ') || 'none');
  return findings.all;
}

async function main(interruption: AbortSignal): Promise<void> {
  const { values } = parseArgs({ options: { short: { type: 'boolean', default: false } } });
  const server = process.env['MIRA_TEST_DATABASE_URL'];
  if (!server) throw new CannotRun('MIRA_TEST_DATABASE_URL names no server, and several processes need one.');
  await using scope = new AsyncDisposableStack();
  const stage = await startStage(server, scope);
  const misses: Finding[] = [];
  for (const trial of TRIALS) {
    interruption.throwIfAborted();
    const startedAt = performance.now();
    const findings = await trial(stage, values.short ? SHORT : FULL);
    console.log(`\n${findings[0]?.trial ?? ''} (${((performance.now() - startedAt) / 1_000).toFixed(1)} s)`);
    console.table(
      findings.map((one) => ({ ...one, ok: !isMiss(one) })),
      ['what', 'expected', 'seen', 'ok'],
    );
    misses.push(...findings.filter(isMiss));
  }
  for (const { trial, what, expected, seen } of misses) console.error(`${trial}: ${what}: ${seen}, not ${expected}`);
  if (misses.length > 0) process.exitCode = 1;
}

await runInterruptibly(main);
