import type { MiraApi } from '../support/mira-api.ts';
import { gapsOf, reconcile } from '../support/reconcile.ts';
import type { Balancer } from './balancer.ts';
import { openDeliveries, readBooks } from './books.ts';
import type { Cluster } from './cluster.ts';
import { lanesOf, runLane, type Tempo } from './faults.ts';
import type { Fleet } from './fleet.ts';
import { Load, type Silence, type Told } from './load.ts';
import { until } from './patience.ts';
import { Random } from './random.ts';
import { type Actor, setScene, today } from './scene.ts';
import { UnrulyN8n } from './unruly-n8n.ts';
import { type Account, faultsOf } from './verdict.ts';

/** pg-boss gives out again what a dead worker held when its time is over; this is ample for it, and for holds. */
const SETTLED_WITHIN_MS = 240_000;
/** Mira's words for what is its own fault; all else may be what a fault makes of it. */
const OWN_FAULT = '500';

/** All that a round needs, and that outlives it. */
export interface Stage {
  readonly cluster: Cluster;
  readonly fleet: Fleet;
  readonly balancer: Balancer;
  /** Through the balancer. */
  readonly api: MiraApi;
  readonly env: Readonly<Record<string, string>>;
  readonly folder: string;
}

export interface RoundOrder {
  readonly name: string;
  readonly seed: number;
  readonly seconds: number;
  readonly tempo: Tempo;
}

export interface RoundResult {
  /** What was done, in the order in which it was over. */
  readonly done: readonly string[];
  readonly figures: Readonly<Record<string, string | number>>;
  /** What went wrong; nothing should. */
  readonly faults: readonly string[];
}

/** Load and faults at the same time; then, when all is quiet, who knows what. */
export async function runRound(stage: Stage, order: RoundOrder, interruption: AbortSignal): Promise<RoundResult> {
  const { cluster, fleet, balancer } = stage;
  await using scope = new AsyncDisposableStack();
  const n8n = scope.adopt(await UnrulyN8n.start(), (one) => one.stop());
  const load = scope.adopt(new Load(balancer.url, interruption), (one) => one.close());
  const { name: round, seconds, seed } = order;
  for (const { name } of fleet.apis) await balancer.sees(name);
  const actors = await setScene(stage.api, { databaseUrl: cluster.primaryUrl, n8nUrl: n8n.url, round, seconds });
  const day = await today(cluster.primaryUrl);

  const over = new AbortController();
  const overOr = AbortSignal.any([over.signal, interruption]);
  const done: string[] = [];
  const startedAt = performance.now();
  const clock = (): string => ((performance.now() - startedAt) / 1_000).toFixed(1);
  const tell = (what: string): void => void done.push(`${clock()} s: ${what}`);
  const world = { cluster, fleet, n8n };
  const lanes = lanesOf(world, order.tempo).map((lane, at) =>
    runLane(lane, world, { random: new Random(seed + at), tempo: order.tempo, over: overOr, tell }),
  );
  const settledDown = new AbortController();
  const watch = fleet.watch(settledDown.signal);
  load.takeLongestSilence();
  const loads = Promise.all(actors.map(({ sending }) => load.send(sending, overOr))).then((told) => ({
    told,
    // Nobody sends any more, while what was done to others may last.
    silence: load.takeLongestSilence(),
  }));
  const timer = setTimeout(() => over.abort(), seconds * 1_000);
  try {
    const [{ told, silence }] = await Promise.all([loads, ...lanes]);
    interruption.throwIfAborted();
    const loadedAt = performance.now();
    await settle(stage, actors, interruption);
    const settledMs = performance.now() - loadedAt;
    const limitsHold = day === (await today(cluster.primaryUrl));
    const accounts = await accountsOf(stage, { actors, told, n8n, limitsHold });
    const gaps = gapsOf(await reconcile(stage));
    return {
      done,
      figures: figuresOf(accounts, told, { silence, silenceFromMs: silence.fromAt - startedAt, settledMs }),
      faults: [...accounts.flatMap(faultsOf), ...gaps, ...ownFaults(told), ...fleet.gone.splice(0)],
    };
  } finally {
    clearTimeout(timer);
    over.abort();
    settledDown.abort();
    await watch;
  }
}

/** Until every delivery came to its end, or the patience is over: what is open then is a fault, and has its name. */
async function settle({ cluster, fleet }: Stage, actors: readonly Actor[], interruption: AbortSignal): Promise<void> {
  await fleet.ready();
  const isSettled = async (): Promise<boolean> =>
    interruption.aborted || (await openDeliveries(cluster.primaryUrl, actors)) === 0;
  await until('all deliveries are made', isSettled, SETTLED_WITHIN_MS).catch(() => undefined);
  interruption.throwIfAborted();
}

async function accountsOf(
  { cluster }: Stage,
  seen: { actors: readonly Actor[]; told: readonly Told[]; n8n: UnrulyN8n; limitsHold: boolean },
): Promise<Account[]> {
  const taken = await seen.n8n.taken();
  return Promise.all(
    seen.actors.map(async (actor, at) => {
      const told = seen.told[at];
      if (!told) throw new Error(`${actor.name} was told nothing`);
      const books = await readBooks(cluster.primaryUrl, actor);
      return { name: actor.name, told, books, taken, limits: seen.limitsHold ? actor.limits : null };
    }),
  );
}

function ownFaults(told: readonly Told[]): string[] {
  const count = told.reduce((sum, { answers }) => sum + (answers.get(OWN_FAULT) ?? 0), 0);
  return count === 0 ? [] : [`${count} requests were answered 500, which says that Mira is at fault`];
}

function figuresOf(
  accounts: readonly Account[],
  told: readonly Told[],
  { silence, silenceFromMs, settledMs }: { silence: Silence; silenceFromMs: number; settledMs: number },
): Record<string, string | number> {
  const sum = (of: (account: Account) => number): number => accounts.reduce((all, one) => all + of(one), 0);
  const answers = new Map<string, number>();
  for (const one of told) for (const [what, count] of one.answers) answers.set(what, (answers.get(what) ?? 0) + count);
  const others = [...answers].filter(([what]) => what !== '202').toSorted(([a], [b]) => a.localeCompare(b));
  const stored = new Set(accounts.flatMap(({ books }) => [...books.stored]));
  const times = [...(accounts[0]?.taken ?? [])].filter(([id]) => stored.has(id)).map(([, count]) => count);
  return {
    acknowledged: sum((one) => one.told.acknowledged.length),
    'refused by the limit of a day': sum((one) => one.told.refused),
    'answered otherwise': others.map(([what, count]) => `${count} × ${what}`).join(', ') || 'none',
    stored: sum(({ books, limits }) => books.stored.size - (limits?.filled ?? 0)),
    delivered: times.length,
    'delivered more than once': times.filter((count) => count > 1).length,
    'held by the limit of a month': sum(({ books }) => books.deliveries.get('held workflow_quota')?.length ?? 0),
    'longest time without an acknowledgement, s': seconds(silence.ms),
    'that began at, s': seconds(silenceFromMs),
    'settled after, s': seconds(settledMs),
  };
}

function seconds(ms: number): number {
  return Number((ms / 1_000).toFixed(1));
}
