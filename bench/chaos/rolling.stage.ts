import type { Balancer } from './balancer.ts';
import type { Member } from './fleet.ts';
import { Load, type Told } from './load.ts';
import type { Stage } from './round.ts';
import { setScene } from './scene.ts';
import { UnrulyN8n } from './unruly-n8n.ts';

const TAKEN = new Set(['202', '200']);
/** More than a round has: every moment of a restart is to be met. */
const SENDING = { senders: 8, everyMs: 100, atMost: null };

export interface Rolling {
  readonly requests: number;
  readonly seconds: number;
  readonly faults: readonly string[];
}

/** Every process is stopped and started again under load, of each role one after the other: no sender may notice. */
export async function rollAll(stage: Stage, interruption: AbortSignal): Promise<Rolling> {
  const { cluster, fleet, balancer } = stage;
  await using scope = new AsyncDisposableStack();
  const n8n = scope.adopt(await UnrulyN8n.start(), (one) => one.stop());
  const load = scope.adopt(new Load(balancer.url, interruption), (one) => one.close());
  const place = { databaseUrl: cluster.primaryUrl, n8nUrl: n8n.url, round: 'rolling', seconds: 0 };
  const actors = (await setScene(stage.api, place)).filter(({ limits }) => limits === null);
  for (const { name } of fleet.apis) await balancer.sees(name);

  const over = new AbortController();
  const loads = Promise.all(actors.map(({ sending }) => load.send({ ...sending, ...SENDING }, over.signal)));
  const startedAt = performance.now();
  try {
    await Promise.all([fleet.apis, fleet.workers].map((members) => roll(members, balancer, interruption)));
  } finally {
    over.abort();
  }
  const told = await loads;
  return {
    requests: told.reduce((sum, { answers }) => sum + [...answers.values()].reduce((all, one) => all + one, 0), 0),
    seconds: Math.round((performance.now() - startedAt) / 1_000),
    faults: [...told.flatMap(failuresOf), ...fleet.gone.splice(0)],
  };
}

/** The next one goes when this one is back, and the balancer has seen that it is. */
async function roll(members: readonly Member[], balancer: Balancer, interruption: AbortSignal): Promise<void> {
  for (const member of members) {
    interruption.throwIfAborted();
    await member.end('stop');
    await member.start();
    await member.ready();
    if (member.role === 'api') await balancer.sees(member.name);
  }
}

function failuresOf({ answers, acknowledged }: Told): string[] {
  const failures = [...answers].filter(([what]) => !TAKEN.has(what)).map(([what, count]) => `${count} × ${what}`);
  if (acknowledged.length === 0) failures.push('nothing was acknowledged, so nothing was proved');
  return failures.map((failure) => `a rolling restart: ${failure}`);
}
