import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'undici';
import type { BenchOptions, DatabaseKind } from '../options.ts';
import type { Say, SuiteResult } from '../suite.ts';
import { describeMachine, round } from '../support/machine.ts';
import type { N8nSink } from '../support/n8n-sink.ts';
import { findServer } from '../support/scratch-server.ts';
import { quantile, spreadOf } from '../support/statistics.ts';
import { deliveryMarkdown } from './delivery.report.ts';
import {
  type BacklogFigures,
  comparable,
  type DeliveryReport,
  type DeliveryRun,
  type IdleFigures,
  type SlowFigures,
} from './delivery.result.ts';
import { type DeliveryStage, type Sender, startDeliveryStage, WORK_MS } from './delivery.stage.ts';

const BACKLOG = 5_000;
const IDLE_WEBHOOKS = 60;
const SLOW_BACKLOG = 2_000;
const OTHERS = 15;
const PATIENCE_MS = 180_000;
/** Less than it takes for anything to fall asleep, and no multiple of anything that polls. */
const BETWEEN_MS = 173;

/** How deliveries go: a backlog as fast as it can, one alone as soon as it can, and many for an n8n that cannot. */
export async function delivery(options: BenchOptions, scope: AsyncDisposableStack, say: Say): Promise<SuiteResult> {
  const machine = describeMachine();
  const server = await findServer();
  const kinds: readonly DatabaseKind[] = options.databases ?? (server ? ['server', 'embedded'] : ['embedded']);
  if (!server) say('No PostgreSQL server was found: MIRA_TEST_DATABASE_URL names one.');
  const { seconds, rounds, connections } = options;
  const databases: DeliveryRun[] = [];
  for (const kind of kinds) {
    const own = scope.use(new AsyncDisposableStack());
    const stage = await startDeliveryStage(kind, { server, connections, scope: own });
    say(`\n${stage.database.version}, ${kind}`);
    const backlog = await measureBacklog(stage, options, say);
    const idle = await measureIdle(stage.sender, stage.quick, IDLE_WEBHOOKS);
    say(`  idle: ${idle.median_ms} ms, p95 ${idle.p95_ms} ms`);
    const slow = await measureSlow(stage, connections);
    say(`  slow: busy ${slow.busy}, ${JSON.stringify(slow.outcomes)}, others ${slow.others.median_ms} ms`);
    databases.push({ kind, database: stage.database, backlog, idle, slow });
    await own.disposeAsync();
  }
  const report: DeliveryReport = {
    suite: 'delivery',
    measured_at: new Date().toISOString(),
    machine,
    load: { connections, seconds, rounds },
    databases,
  };
  return { json: report, markdown: deliveryMarkdown(report), figures: databases.flatMap(comparable) };
}

/** One round more than asked for: in the first everything is new to the compiler. */
async function measureBacklog(
  stage: DeliveryStage,
  { connections, seconds, rounds }: BenchOptions,
  say: Say,
): Promise<BacklogFigures> {
  const [rates, bares]: [number[], number[]] = [[], []];
  for (let n = 0; n <= rounds; n++) {
    const bare = await barePosts(stage.quick.url, connections, seconds);
    const before = (await stage.quick.count()).deliveries;
    await sendAll(stage.sender, stage.sender.webhooks(BACKLOG, 'push'), connections);
    const startedAt = performance.now();
    const left = before + BACKLOG - (await stage.quick.count()).deliveries;
    const { lastAt } = await stage.quick.quiet(before + BACKLOG, PATIENCE_MS);
    const rate = left / ((lastAt - startedAt) / 1_000);
    say(`  ${left} left: ${Math.round(rate)}/s, bare ${Math.round(bare)}/s`);
    if (n === 0) continue;
    rates.push(rate);
    bares.push(bare);
  }
  const ratios = rates.map((rate, n) => rate / (bares[n] ?? NaN));
  const [row] = await stage.ask('SELECT count(*)::int AS attempts FROM delivery_attempts');
  return {
    deliveries: (rounds + 1) * BACKLOG,
    per_second: spreadOf(rates, 0),
    bare_per_second: spreadOf(bares, 0),
    ratio: spreadOf(ratios),
    ratios,
    attempts_stored: Number(row?.['attempts']),
  };
}

/** What comes of the same requests by the same client when nothing is asked, proved or stored. */
async function barePosts(url: string, connections: number, seconds: number): Promise<number> {
  await using pool = Object.assign(new Pool(url, { connections }), {
    async [Symbol.asyncDispose]() {
      await pool.destroy();
    },
  });
  const body = Buffer.alloc(500, 'x');
  const startedAt = performance.now();
  const endAt = startedAt + seconds * 1_000;
  let count = 0;
  const post = async (): Promise<void> => {
    while (performance.now() < endAt) {
      const headers = { 'content-type': 'application/json', 'x-mira-delivery-id': 'bare' };
      const { body: answer } = await pool.request({ method: 'POST', path: '/webhook/bench', headers, body });
      await answer.text();
      count++;
    }
  };
  await Promise.all(Array.from({ length: connections }, post));
  return count / ((performance.now() - startedAt) / 1_000);
}

async function sendAll(sender: Sender, webhooks: ReturnType<Sender['webhooks']>, connections: number): Promise<void> {
  const rest = webhooks.values();
  await Promise.all(
    Array.from({ length: connections }, async () => {
      for (const webhook of rest) await sender.send(webhook);
    }),
  );
}

async function measureIdle(sender: Sender, sink: N8nSink, count: number, betweenMs = BETWEEN_MS): Promise<IdleFigures> {
  const times: number[] = [];
  for (const webhook of sender.webhooks(count, 'push')) {
    await sleep(betweenMs);
    const id = await sender.send(webhook);
    const acknowledgedAt = performance.timeOrigin + performance.now();
    await sleep(betweenMs);
    times.push((await sink.receiptOf(id, PATIENCE_MS)) - acknowledgedAt);
  }
  const at = (share: number): number => quantile(times, share, 1);
  return { webhooks: count, median_ms: at(0.5), p95_ms: at(0.95), max_ms: at(1) };
}

async function measureSlow(stage: DeliveryStage, connections: number): Promise<SlowFigures> {
  const { sender, other, slow, quick } = stage;
  const startedAt = performance.now();
  await sendAll(sender, sender.webhooks(SLOW_BACKLOG, 'issues'), connections);
  const others = await measureIdle(other, quick, OTHERS, 500);
  const { lastAt, count } = await slow.quiet(SLOW_BACKLOG, PATIENCE_MS);
  const rows = await stage.ask(
    `SELECT a.outcome, count(*)::int AS count FROM delivery_attempts a
     JOIN deliveries d ON d.tenant_id = a.tenant_id AND d.id = a.delivery_id
     JOIN routes r ON r.tenant_id = d.tenant_id AND r.id = d.route_id AND 'issues' = ANY (r.event_types) GROUP BY 1`,
  );
  const seconds = (lastAt - startedAt) / 1_000;
  return {
    backlog: SLOW_BACKLOG,
    work_ms: WORK_MS,
    seconds: round(seconds, 1),
    busy: round((count.received * WORK_MS) / 1_000 / seconds, 2),
    most_waiting: count.most_waiting,
    outcomes: Object.fromEntries(rows.map((row) => [String(row['outcome']), Number(row['count'])])),
    others,
  };
}
