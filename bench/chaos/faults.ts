import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster } from './cluster.ts';
import type { Fleet, Member } from './fleet.ts';
import type { Random } from './random.ts';
import type { Mood, UnrulyN8n } from './unruly-n8n.ts';

/** All that faults are done to. */
export interface World {
  readonly cluster: Cluster;
  readonly fleet: Fleet;
  readonly n8n: UnrulyN8n;
}

/** How long what lasts a while lasts, and what lies between two faults, in milliseconds. */
export interface Tempo {
  readonly lastsMs: number;
  /** For a worker that stands still so long that its jobs are given to others; null where there is no time for it. */
  readonly longMs: number | null;
  readonly pauseMs: { readonly least: number; readonly most: number };
}

/** Does it, mends it, and says what was done. */
type Fault = (world: World, random: Random, tempo: Tempo) => Promise<string>;

/** What is done at the same time as the others, but one after the other within. */
export interface Lane {
  readonly name: string;
  readonly faults: readonly Fault[];
}

const processes: readonly Fault[] = [
  async ({ fleet }, random) => endAndStart(fleet, random, 'kill'),
  async ({ fleet }, random) => endAndStart(fleet, random, 'stop'),
  async ({ fleet }, random, { lastsMs }) => standStill(random.pick(fleet.members), lastsMs),
];
const standStillForLong: Fault = async ({ fleet }, random, { longMs }) =>
  standStill(random.pick(fleet.workers), longMs ?? 0);

async function endAndStart(fleet: Fleet, random: Random, how: 'kill' | 'stop'): Promise<string> {
  const member = random.pick(fleet.members);
  await member.end(how);
  await member.start();
  return `${member.name} ${how === 'kill' ? 'killed' : 'stopped'} and started`;
}

async function standStill(member: Member, forMs: number): Promise<string> {
  await member.freeze(forMs);
  return `${member.name} stood still for ${forMs / 1_000} s`;
}

const restart: Fault = ({ cluster }) => cluster.restart();
const crash: Fault = ({ cluster }) => cluster.crash();
const failOver: Fault = ({ cluster }, random) => cluster.failOver(random);
const cut: Fault = ({ cluster }) => cluster.cut();
const killPooler: Fault = ({ cluster }, _random, { lastsMs }) => cluster.killPooler(lastsMs / 3);
const fillDisk: Fault = ({ cluster }, _random, { lastsMs }) => cluster.fillDisk(lastsMs);

const MOODS: readonly Mood[] = ['hang', 'reset', 'late', 'garbage'];
const receivers = MOODS.map((mood): Fault => async ({ n8n }, _random, { lastsMs }) => {
  await n8n.be(mood);
  await sleep(lastsMs);
  await n8n.be('well');
  return `n8n: ${mood} for ${lastsMs / 1_000} s`;
});

export function lanesOf({ cluster }: World, { longMs }: Tempo): Lane[] {
  const long = longMs === null ? [] : [standStillForLong];
  const full = cluster.whyNoFullDisk === null ? [fillDisk] : [];
  return [
    { name: 'processes', faults: [...processes, ...long] },
    { name: 'database', faults: [restart, crash, failOver, cut, killPooler, ...full] },
    { name: 'n8n', faults: receivers },
  ];
}

/** One fault after the other, each kind once before any comes again, until it is over. What has begun is mended. */
export async function runLane(
  { faults }: Lane,
  world: World,
  { random, tempo, over, tell }: { random: Random; tempo: Tempo; over: AbortSignal; tell: (done: string) => void },
): Promise<void> {
  for (;;) {
    for (const fault of random.shuffled(faults)) {
      await sleep(random.between(tempo.pauseMs.least, tempo.pauseMs.most), undefined, { signal: over }).catch(
        () => undefined,
      );
      if (over.aborted) return;
      tell(await fault(world, random, tempo));
    }
  }
}
