import { LoadGenerator } from '../load/load-generator.ts';
import type { BenchOptions } from '../options.ts';
import type { Say, SuiteResult } from '../suite.ts';
import { ratiosOf } from '../support/figure.ts';
import { describeMachine } from '../support/machine.ts';
import { findServer } from '../support/scratch-server.ts';
import { quantile, spreadOf } from '../support/statistics.ts';
import { grow, sizeMiB } from './growth.fill.ts';
import { growthMarkdown } from './growth.report.ts';
import type { GrowthReport, PageFigure } from './growth.result.ts';
import { REFERENCE, seriesOf } from './ingest.result.ts';
import { IngestRounds, type Target } from './ingest.rounds.ts';
import { type Stage, startReference, startStage } from './ingest.stage.ts';

const TENANTS = 10_000;
const WARM_UP_ROUNDS = 2;
const WARM_UP_SECONDS = 1.5;
const ASKED = 40;
const DAY_MS = 86_400_000;

/** Whether a Mira that has stored much is as fast as one that has stored nothing. On a server only. */
export async function growth(options: BenchOptions, scope: AsyncDisposableStack, say: Say): Promise<SuiteResult> {
  const machine = describeMachine();
  const server = await findServer();
  if (!server) throw new Error('No PostgreSQL server was found: MIRA_TEST_DATABASE_URL names one.');
  const generator = scope.adopt(new LoadGenerator(), (one) => one.stop());
  const bare = {
    name: REFERENCE,
    url: await startReference('bare-nest.process.ts', scope),
    eventType: 'push',
  } as const;
  const stages: Stage[] = [];
  for (let n = 0; n < 2; n++) stages.push(await startStage({ kind: 'server', server, profile: undefined, scope }));
  const [empty, grown] = stages as [Stage, Stage];
  await grow(grown.databaseUrl, { events: options.events, tenants: TENANTS }, say);
  const size_mib = await sizeMiB(grown.databaseUrl);
  const pages = await measurePages(grown, say);

  const sides = [
    { target: { name: 'empty', url: empty.endpointUrl, eventType: 'push' } as const, stage: empty },
    { target: { name: 'grown', url: grown.endpointUrl, eventType: 'push' } as const, stage: grown },
  ].map(({ target, stage }) => ({ target, rounds: new IngestRounds(stage, generator, options.connections, say) }));
  const [first] = sides;
  if (!first) throw new Error('there is no side');
  const all: { target: Target; rounds: IngestRounds }[] = [{ target: bare, rounds: first.rounds }, ...sides];
  const turn = async (seconds: number): Promise<void> => {
    for (const { target, rounds } of all) await rounds.run(target, seconds);
  };
  for (let n = 0; n < WARM_UP_ROUNDS; n++) await turn(WARM_UP_SECONDS);
  for (const { rounds } of sides) rounds.warmedUp();
  for (let n = 0; n < options.rounds; n++) await turn(options.seconds);

  const reference = first.rounds.of(REFERENCE);
  const series = all.map(({ target, rounds }) => seriesOf(target.name, rounds.of(target.name), reference));
  const [, small, large] = series;
  const ratios = ratiosOf(
    large?.rounds ?? [],
    small?.rounds ?? [],
    ({ per_second }) => per_second,
    ({ per_second }) => per_second,
  );
  const { connections, seconds, rounds } = options;
  const report: GrowthReport = {
    suite: 'growth',
    measured_at: new Date().toISOString(),
    machine,
    load: { connections, seconds, rounds },
    database: grown.database,
    grown: { events: options.events, tenants: TENANTS, own_events: Math.round(options.events / 10) },
    size_mib,
    series,
    ratio: spreadOf(ratios),
    pages,
  };
  const figures = [{ name: 'grown of empty, webhooks/s', better: 'more', values: ratios } as const];
  return { json: report, markdown: growthMarkdown(report), figures };
}

async function measurePages({ mira, apiKey }: Stage, say: Say): Promise<PageFigure[]> {
  const daysAgo = (days: number): string => new Date(Date.now() - days * DAY_MS).toISOString();
  const wanted: [what: string, path: string][] = [
    ['events, the newest', 'events'],
    ['events of a type', 'events?event_type=push'],
    ['events of a rare type', 'events?event_type=rare'],
    ['events of a day two weeks ago', `events?from=${daysAgo(15)}&to=${daysAgo(14)}`],
    ['events of a type on that day', `events?event_type=push&from=${daysAgo(15)}&to=${daysAgo(14)}`],
    ['events of a rare type on that day', `events?event_type=rare&from=${daysAgo(15)}&to=${daysAgo(14)}`],
    ['events that are delivered', 'events?status=delivered'],
    ['deliveries, the newest', 'deliveries'],
    ['deliveries that are dead', 'deliveries?status=dead'],
    ['analytics', 'analytics'],
  ];
  const figures: PageFigure[] = [];
  for (const [what, path] of wanted) {
    const times: number[] = [];
    let rows = 0;
    for (let n = 0; n < ASKED; n++) {
      const start = performance.now();
      const response = await fetch(`${mira.url}/api/v1/${path}`, { headers: { 'x-api-key': apiKey } });
      const answer = (await response.json()) as { data?: unknown[] };
      times.push(performance.now() - start);
      if (response.status !== 200) throw new Error(`GET ${path} was answered ${response.status}`);
      rows = answer.data?.length ?? 0;
    }
    const at = (share: number): number => quantile(times, share, 1);
    figures.push({ what, path, rows, median_ms: at(0.5), p95_ms: at(0.95) });
    say(`  ${what}: ${at(0.5)} ms, ${rows} rows`);
  }
  return figures;
}
