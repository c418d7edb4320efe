import type { BenchOptions, DatabaseKind } from '../options.ts';
import type { Say, SuiteResult } from '../suite.ts';
import { describeMachine, round } from '../support/machine.ts';
import { findServer } from '../support/scratch-server.ts';
import { quantile } from '../support/statistics.ts';
import { fill, ROWS } from './limits.fill.ts';
import { limitsMarkdown } from './limits.report.ts';
import {
  comparable,
  GOAL_MS,
  type LimitsReport,
  type LimitsRun,
  measuredOf,
  type PathName,
  PATHS,
  type TimedPath,
} from './limits.result.ts';
import { type LimitsStage, startLimitsStage } from './limits.stage.ts';

/** People and dashboards ask, not senders. */
const CONNECTIONS = 4;
const WARM_UP_SECONDS = 1;

const NAMES = Object.keys(PATHS) as PathName[];

/** Whether a tenant's analytics and the first page of its trail come as fast when there is much of both. */
export async function limits(options: BenchOptions, scope: AsyncDisposableStack, say: Say): Promise<SuiteResult> {
  const machine = describeMachine();
  const server = await findServer();
  const kinds: readonly DatabaseKind[] = options.databases ?? (server ? ['server', 'embedded'] : ['embedded']);
  if (!server) say('No PostgreSQL server was found: MIRA_TEST_DATABASE_URL names one.');
  const databases: LimitsRun[] = [];
  for (const kind of kinds) {
    const own = scope.use(new AsyncDisposableStack());
    databases.push(await measure(kind, server, options, own, say));
    await own.disposeAsync();
  }
  const { seconds, rounds } = options;
  const report: LimitsReport = {
    suite: 'limits',
    measured_at: new Date().toISOString(),
    machine,
    load: { seconds, rounds, connections: CONNECTIONS },
    rows: ROWS,
    databases,
  };
  return { json: report, markdown: limitsMarkdown(report), figures: databases.flatMap(comparable) };
}

async function measure(
  kind: DatabaseKind,
  server: string | null,
  options: BenchOptions,
  scope: AsyncDisposableStack,
  say: Say,
): Promise<LimitsRun> {
  const stage = await startLimitsStage(kind, server, scope);
  say(`\n${stage.database.version}, ${kind}`);
  const empty = await allRounds(stage, options, (line) => say(`  empty: ${line}`));
  await fill(stage, say);
  const full = await allRounds(stage, options, (line) => say(`  full:  ${line}`));
  const figures = [];
  for (const name of NAMES) {
    const [before, after] = [measuredOf(empty[name]), measuredOf(full[name])];
    figures.push({
      name,
      goal_ms: GOAL_MS,
      empty: before,
      full: after,
      ratio: round(after.median_ms.median / before.median_ms.median, 3),
      statements: await stage.explain(PATHS[name]),
    });
  }
  return { kind, database: stage.database, figures };
}

async function allRounds(
  stage: LimitsStage,
  { seconds, rounds }: BenchOptions,
  say: Say,
): Promise<Record<PathName, TimedPath[]>> {
  const results: Record<PathName, TimedPath[]> = { analytics: [], 'first page of audit-logs': [] };
  for (const name of NAMES) await timed(stage, PATHS[name], WARM_UP_SECONDS);
  for (let n = 0; n < rounds; n++) {
    for (const name of NAMES) {
      const result = await timed(stage, PATHS[name], seconds);
      results[name].push(result);
      say(`${name.padEnd(26)} ${result.median_ms} ms, p95 ${result.p95_ms} ms, ${result.answers} answers`);
    }
  }
  return results;
}

async function timed(stage: LimitsStage, path: string, seconds: number): Promise<TimedPath> {
  const endAt = performance.now() + seconds * 1_000;
  const samples: number[] = [];
  const client = async (): Promise<void> => {
    while (performance.now() < endAt) {
      const start = performance.now();
      await stage.get(path);
      samples.push(performance.now() - start);
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, client));
  const at = (share: number): number => quantile(samples, share, 2);
  return { answers: samples.length, median_ms: at(0.5), p95_ms: at(0.95) };
}
