import type { BenchOptions, DatabaseKind } from '../options.ts';
import type { Say, SuiteResult } from '../suite.ts';
import { describeMachine } from '../support/machine.ts';
import { findServer } from '../support/scratch-server.ts';
import { authMarkdown } from './auth.report.ts';
import {
  type AuthReport,
  type AuthRun,
  comparable,
  type FigureName,
  FIGURES,
  figureOf,
  shareOf,
} from './auth.result.ts';
import { AuthRounds } from './auth.rounds.ts';
import { startAuthStage } from './auth.stage.ts';

/** For the compiler: what it has not seen often is slow. */
const WARM_UP_ROUNDS = 2;
const WARM_UP_SECONDS = 0.5;

/** What it costs to know who calls and whether they may, and what a sign-in costs that makes it so. */
export async function auth(options: BenchOptions, scope: AsyncDisposableStack, say: Say): Promise<SuiteResult> {
  const machine = describeMachine();
  const server = await findServer();
  const kinds: readonly DatabaseKind[] = options.databases ?? (server ? ['server', 'embedded'] : ['embedded']);
  if (!server) say('No PostgreSQL server was found: MIRA_TEST_DATABASE_URL names one.');
  const databases: AuthRun[] = [];
  for (const kind of kinds) {
    // A scope of its own, so that there is one Mira at a time; within the other, for when we are interrupted.
    const own = scope.use(new AsyncDisposableStack());
    databases.push(await measure(kind, server, options, own, say));
    await own.disposeAsync();
  }
  const { seconds, rounds } = options;
  const measured_at = new Date().toISOString();
  const report: AuthReport = { suite: 'auth', measured_at, machine, load: { seconds, rounds }, databases };
  return { json: report, markdown: authMarkdown(report), figures: databases.flatMap(comparable) };
}

async function measure(
  kind: DatabaseKind,
  server: string | null,
  options: BenchOptions,
  scope: AsyncDisposableStack,
  say: Say,
): Promise<AuthRun> {
  const stage = await startAuthStage(kind, server, scope);
  say(`\n${stage.database.version}, ${kind}`);
  const rounds = new AuthRounds(stage, say);
  for (let i = 0; i < WARM_UP_ROUNDS; i++) await rounds.run(WARM_UP_SECONDS);
  rounds.warmedUp();
  for (let i = 0; i < options.rounds; i++) await rounds.run(options.seconds);
  const names = Object.keys(FIGURES) as FigureName[];
  return {
    kind,
    database: stage.database,
    figures: names.map((name) => figureOf(name, rounds.of(name))),
    argon2_share: shareOf(rounds.of('Argon2id alone'), rounds.of('sign-in over HTTP')),
  };
}
