import { LoadGenerator } from '../load/load-generator.ts';
import { BODY_BYTES } from '../load/signed-webhooks.ts';
import type { BenchOptions, DatabaseKind } from '../options.ts';
import type { Say, SuiteResult } from '../suite.ts';
import { describeMachine } from '../support/machine.ts';
import { findServer } from '../support/scratch-server.ts';
import { ingestMarkdown } from './ingest.report.ts';
import { type DatabaseRun, figuresOf, type IngestReport, REFERENCE, seriesOf } from './ingest.result.ts';
import { IngestRounds, type Target } from './ingest.rounds.ts';
import { type Stage, startReference, startStage } from './ingest.stage.ts';

/** For the compiler of each process: what it has not seen often is slow. */
const WARM_UP_ROUNDS = 2;
const WARM_UP_SECONDS = 1.5;

/**
 * How fast webhooks are durably acknowledged, everything on, beside what the framework does with the same requests
 * when nothing is asked of it. Rounds take turns, so that whatever else the machine does meets all of them; what Mira
 * still has to deliver is waited for, so that it does not run while a reference is measured.
 */
export async function ingest(options: BenchOptions, scope: AsyncDisposableStack, say: Say): Promise<SuiteResult> {
  const machine = describeMachine();
  const server = await findServer();
  const kinds: readonly DatabaseKind[] = options.databases ?? (server ? ['server', 'embedded'] : ['embedded']);
  if (!server) say('No PostgreSQL server was found: MIRA_TEST_DATABASE_URL names one.');
  const generator = scope.adopt(new LoadGenerator(), (one) => one.stop());
  const references: Target[] = [
    { name: 'bare Express', url: await startReference('bare-express.process.ts', scope), eventType: 'push' },
    { name: REFERENCE, url: await startReference('bare-nest.process.ts', scope), eventType: 'push' },
  ];
  const databases: DatabaseRun[] = [];
  for (const kind of kinds) {
    // A scope of its own, so that there is one Mira at a time; within the other, for when we are interrupted.
    const own = scope.use(new AsyncDisposableStack());
    const stage = await startStage({ kind, server, profile: options.profile, scope: own });
    say(`\n${stage.database.version}, ${kind}`);
    databases.push(await measure(stage, references, options, generator, say));
    await own.disposeAsync();
  }
  const { seconds, rounds, connections } = options;
  const load = { connections, seconds, rounds, body_bytes: BODY_BYTES };
  const report: IngestReport = { suite: 'ingest', measured_at: new Date().toISOString(), machine, load, databases };
  return { json: report, markdown: ingestMarkdown(report), figures: databases.flatMap(figuresOf) };
}

async function measure(
  stage: Stage,
  references: readonly Target[],
  options: BenchOptions,
  generator: LoadGenerator,
  say: Say,
): Promise<DatabaseRun> {
  const targets: Target[] = [
    ...references,
    { name: 'Mira, no route', url: stage.endpointUrl, eventType: 'ping' },
    { name: 'Mira, one route', url: stage.endpointUrl, eventType: 'push' },
  ];
  const rounds = new IngestRounds(stage, generator, options.connections, say);
  for (let i = 0; i < WARM_UP_ROUNDS; i++) {
    for (const target of targets) await rounds.run(target, WARM_UP_SECONDS);
  }
  rounds.warmedUp();
  for (let i = 0; i < options.rounds; i++) {
    for (const target of targets) await rounds.run(target, options.seconds);
  }
  return {
    kind: stage.kind,
    database: stage.database,
    series: targets.map(({ name }) => seriesOf(name, rounds.of(name), rounds.of(REFERENCE))),
    delivery: await rounds.delivery(),
    memory: { under_load_mib: rounds.memoryMiB, at_end_mib: await stage.mira.residentMiB() },
  };
}
