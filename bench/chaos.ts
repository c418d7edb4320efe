/**
 * Does to Mira what happens to programs that run for years, all in a minute, and counts what is lost (it must be nothing):
 * three processes that receive behind HAProxy and two that deliver, on a PostgreSQL with a synchronous standby, of which
 * any is killed, stopped, stands still or is cut off while webhooks come, and an n8n that is ill.
 * `npm run test:chaos -- --rounds 20 --seconds 60 --seed 7`, or `--short` for every change.
 */
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Balancer } from './chaos/balancer.ts';
import { Cluster } from './chaos/cluster.ts';
import { Fleet } from './chaos/fleet.ts';
import { type ChaosOptions, readOptions } from './chaos/options.ts';
import { eachDoesItsPart } from './chaos/parts.stage.ts';
import { isAsExpected, type Probed, probeAll } from './chaos/probes.stage.ts';
import { rollAll } from './chaos/rolling.stage.ts';
import { type RoundResult, runRound, type Stage } from './chaos/round.ts';
import { runInterruptibly } from './support/interruption.ts';
import { MiraApi } from './support/mira-api.ts';

const SETTINGS = {
  MIRA_LOG_LEVEL: 'warn',
  MIRA_OUTBOUND_ALLOW: '127.0.0.0/8',
  MIRA_DATABASE_POOL_SIZE: '5',
  MIRA_WEBHOOK_RATE_LIMIT_ENABLED: 'false',
  MIRA_API_RATE_LIMIT_ENABLED: 'false',
  MIRA_DELIVERY_TIMEOUT_MS: '2000',
  // Quick and many: an n8n that is ill for the whole of a round must not use them up.
  MIRA_DELIVERY_RETRY_SCHEDULE_SECONDS: ['0', '0.5', '1', '2', ...Array.from({ length: 40 }, () => '4')].join(','),
  MIRA_DELIVERY_PROBE_MAX_SECONDS: '4',
};

async function main(options: ChaosOptions, interruption: AbortSignal): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'mira-chaos-'));
  const faults: string[] = [];
  {
    await using scope = new AsyncDisposableStack();
    const stage = await startStage(folder, options, scope);
    interruption.throwIfAborted();
    faults.push(...told('probes', printProbed(await timed('probes', () => probeAll(stage, interruption)))));
    faults.push(
      ...told('parts', await timed('each process does its part', () => eachDoesItsPart(stage, interruption))),
    );
    for (let round = 1; round <= options.rounds; round++) {
      const seed = options.seed + round - 1;
      const order = { name: `round ${round}`, seed, seconds: options.seconds, tempo: options.tempo };
      const title = `round ${round} of ${options.rounds}, --seed ${seed}`;
      const result = await timed(title, () => runRound(stage, order, interruption));
      faults.push(...told(title, printRound(result)));
    }
    const rolling = await timed('a rolling restart', () => rollAll(stage, interruption));
    console.log(`${rolling.requests} requests within ${rolling.seconds} s, ${rolling.faults.length} kinds of failures`);
    faults.push(...told('a rolling restart', rolling.faults));
  }
  // Where it was interrupted this is not reached, and the logs stay too.
  if (faults.length === 0) rmSync(folder, { recursive: true, force: true });
  else {
    console.error(`\n${faults.length} faults; logs are in ${folder}\n${faults.join('\n')}`);
    process.exitCode = 1;
  }
}

async function startStage(folder: string, options: ChaosOptions, scope: AsyncDisposableStack): Promise<Stage> {
  const logs = join(folder, 'logs');
  mkdirSync(logs);
  // Not within the folder, which belongs to who runs this alone: the owner of the data must be able to walk to it.
  const place = mkdtempSync(join(tmpdir(), 'mira-chaos-data-'));
  scope.defer(() => rmSync(place, { recursive: true, force: true }));
  const cluster = await Cluster.create({ place, logs, diskMiB: options.diskMiB }, scope);
  if (cluster.whyNoFullDisk !== null) console.log(`a full disk is left out: ${cluster.whyNoFullDisk}`);
  const env = {
    ...SETTINGS,
    DATABASE_URL: cluster.url,
    MIRA_MASTER_KEY: randomBytes(32).toString('base64'),
  };
  const fleet = await Fleet.of(logs, { env, url: cluster.url, pooledUrl: cluster.pooledUrl });
  scope.defer(() => fleet.stop());
  const ports = new Map(fleet.apis.map(({ name, port }) => [name, port]));
  const balancer = scope.adopt(await Balancer.start(folder, ports), (one) => one.stop());
  const apiKey = await fleet.start();
  for (const { name } of fleet.apis) await balancer.sees(name);
  return { cluster, fleet, balancer, api: new MiraApi(balancer.url, apiKey), env, folder };
}

async function timed<T>(title: string, work: () => Promise<T>): Promise<T> {
  const startedAt = performance.now();
  const result = await work();
  console.log(`\n${title} (${((performance.now() - startedAt) / 1_000).toFixed(0)} s)`);
  return result;
}

function printProbed(probed: readonly Probed[]): string[] {
  console.table(probed.map((one) => ({ ...one, ok: isAsExpected(one) })));
  return probed
    .filter((one) => !isAsExpected(one))
    .map(({ state, process, expected, seen }) => `${state} ${process}: ${seen}, not ${expected}`);
}

function printRound({ done, figures, faults }: RoundResult): readonly string[] {
  for (const line of done) console.log(`  ${line}`);
  console.table(figures);
  return faults;
}

function told(where: string, faults: readonly string[]): string[] {
  for (const fault of faults) console.error(`FAULT ${fault}`);
  return faults.map((fault) => `${where}: ${fault}`);
}

await runInterruptibly(async (interruption) => {
  const options = readOptions(process.argv.slice(2));
  if (options) await main(options, interruption);
});
