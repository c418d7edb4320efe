import type { Member } from './fleet.ts';
import { Load } from './load.ts';
import { until } from './patience.ts';
import type { Stage } from './round.ts';
import { setScene } from './scene.ts';
import { UnrulyN8n } from './unruly-n8n.ts';

const WITHIN_MS = 60_000;
const TRIES = 5;

export interface Probed {
  readonly state: string;
  readonly process: string;
  /** How what is seen must begin. */
  readonly expected: string;
  readonly seen: string;
}

export function isAsExpected({ expected, seen }: Probed): boolean {
  return seen.startsWith(expected);
}

/** As docs/operations.md has it: what `/health/live`, `/health/ready` and `/health` answer, by state. */
const EXPECTED = {
  starting: 'refused, refused, refused',
  ready: '200 live, 200 ready, 200 healthy',
  'database away': '200 live, 503 database_away, 503 unhealthy',
  'draining api': '200 live, 503 draining, 200 healthy',
  // Healthy, or degraded where its work has ended and the rest of it has not yet.
  'draining worker': '200 live, 503 draining, 200',
} as const;

/** Asks processes that receive and processes that deliver how they are, in each state that they can be in. */
export async function probeAll(stage: Stage, interruption: AbortSignal): Promise<Probed[]> {
  const { cluster, fleet } = stage;
  const probed: Probed[] = [];
  const note = (state: string, member: Member, expected: string, seen: string): void =>
    void probed.push({ state, process: member.name, expected, seen });
  const [api, starting] = fleet.apis;
  const [worker] = fleet.workers;
  if (!api || !starting || !worker) throw new Error('the fleet is too small');

  const watched = [api, worker, ...fleet.pooled].filter((member, at, all) => all.indexOf(member) === at);
  for (const member of watched) note('ready', member, EXPECTED.ready, await answersOf(member));

  await cluster.stop();
  for (const member of watched) {
    const state = 'database away';
    note(state, member, EXPECTED[state], await answersOnce(member, (seen) => seen === EXPECTED[state]));
  }
  await starting.end('kill');
  const started = starting.start();
  await until('a start waits for its database', () => starting.lastWords.includes('Trying again'), WITHIN_MS);
  note('starting', starting, EXPECTED.starting, await answersOf(starting));
  await cluster.start();
  await started;
  for (const member of [...watched, starting]) {
    const state = 'database back';
    note(state, member, EXPECTED.ready, await answersOnce(member, (seen) => seen === EXPECTED.ready));
  }
  await fleet.ready();
  interruption.throwIfAborted();

  const [seenOfApi, [drained, seen]] = await Promise.all([drainingApi(api), drainingWorker(stage, interruption)]);
  note('draining', api, EXPECTED['draining api'], seenOfApi);
  note('draining', drained, EXPECTED['draining worker'], seen);
  await fleet.ready();
  return probed;
}

/** What each of the three says: its status and its word. */
async function answersOf({ url }: Member): Promise<string> {
  const answers = await Promise.all(
    ['/health/live', '/health/ready', '/health'].map(async (path) => {
      try {
        const response = await fetch(url + path, { headers: { connection: 'close' } });
        const { status } = (await response.json()) as { status?: unknown };
        return `${response.status} ${String(status)}`;
      } catch (error) {
        const cause = error instanceof Error ? error.cause : null;
        return cause instanceof Error && 'code' in cause && cause.code === 'ECONNREFUSED' ? 'refused' : 'no answer';
      }
    }),
  );
  return answers.join(', ');
}

/** As soon as they are what they should be, or what they are when the patience is over. */
async function answersOnce(member: Member, isSo: (seen: string) => boolean): Promise<string> {
  let seen = '';
  await until('answers', async () => isSo((seen = await answersOf(member))), WITHIN_MS).catch(() => undefined);
  return seen;
}

function isEnding(answers: string): boolean {
  return answers.includes('draining') || answers.includes('refused');
}

/** It serves on for as long as the balancer is given to learn of it. */
async function drainingApi(member: Member): Promise<string> {
  const ended = member.end('stop');
  const seen = await answersOnce(member, isEnding);
  await ended;
  await member.start();
  return seen;
}

/** An attempt that is under way keeps a process that delivers. Which of them has it is seen by who still answers. */
async function drainingWorker(stage: Stage, interruption: AbortSignal): Promise<[Member, string]> {
  const { fleet } = stage;
  await using scope = new AsyncDisposableStack();
  const n8n = scope.adopt(await UnrulyN8n.start(), (one) => one.stop());
  const load = scope.adopt(new Load(stage.balancer.url, interruption), (one) => one.close());
  const place = { databaseUrl: stage.cluster.primaryUrl, n8nUrl: n8n.url, round: 'probes', seconds: 0 };
  const [actor] = await setScene(stage.api, place);
  if (!actor) throw new Error('there is nobody to send to');
  await n8n.be('hang');
  let last: [Member, string] | undefined;
  for (let tries = 0; tries < TRIES; tries++) {
    await load.send({ ...actor.sending, senders: 1, everyMs: 0, atMost: 1 }, interruption);
    await until('an attempt is under way', async () => (await n8n.unanswered()) > 0, WITHIN_MS);
    const ends = fleet.workers.map((member) => member.end('stop'));
    const seen = await Promise.all(
      fleet.workers.map(async (member) => [member, await answersOnce(member, isEnding)] as const),
    );
    await Promise.all(ends);
    await Promise.all(fleet.workers.map((member) => member.start()));
    const found = seen.find(([, answers]) => answers.startsWith(EXPECTED['draining worker']));
    const [member, answers] = found ?? seen[0] ?? [];
    if (member && answers !== undefined) last = [member, answers];
    if (found) break;
  }
  if (!last) throw new Error('there is no worker');
  await n8n.be('well');
  return last;
}
