import type { Member } from './fleet.ts';
import { Load } from './load.ts';
import { until } from './patience.ts';
import type { Stage } from './round.ts';
import { type Actor, setScene } from './scene.ts';
import { UnrulyN8n } from './unruly-n8n.ts';

const WITHIN_MS = 30_000;

/**
 * Each process does its part, where no other can do it in its stead: what it receives is acknowledged, what it alone can
 * deliver arrives. Returns what does not.
 */
export async function eachDoesItsPart(stage: Stage, interruption: AbortSignal): Promise<string[]> {
  const { cluster, fleet } = stage;
  await using scope = new AsyncDisposableStack();
  const n8n = scope.adopt(await UnrulyN8n.start(), (one) => one.stop());
  const place = { databaseUrl: cluster.primaryUrl, n8nUrl: n8n.url, round: 'parts', seconds: 0 };
  const [actor] = await setScene(stage.api, place);
  const [receiver] = fleet.apis;
  if (!actor || !receiver) throw new Error('there is nobody to send to');
  const faults: string[] = [];
  for (const api of fleet.apis) {
    interruption.throwIfAborted();
    const [event] = await sendOne(api, actor, interruption);
    if (event === undefined) faults.push(`${api.name} acknowledged nothing`);
  }
  for (const worker of fleet.workers) {
    interruption.throwIfAborted();
    const others = fleet.workers.filter((member) => member !== worker);
    await Promise.all(others.map((member) => member.end('stop')));
    const [event = ''] = await sendOne(receiver, actor, interruption);
    const arrived = async (): Promise<boolean> => (await n8n.taken()).has(event);
    await until('it arrives', arrived, WITHIN_MS).catch(() => faults.push(`${worker.name} delivered nothing`));
    await Promise.all(others.map((member) => member.start()));
  }
  await fleet.ready();
  return faults;
}

async function sendOne(to: Member, { sending }: Actor, interruption: AbortSignal): Promise<readonly string[]> {
  await using scope = new AsyncDisposableStack();
  const load = scope.adopt(new Load(to.url, interruption), (one) => one.close());
  const told = await load.send({ ...sending, senders: 1, everyMs: 0, atMost: 1 }, AbortSignal.timeout(WITHIN_MS));
  return told.acknowledged;
}
