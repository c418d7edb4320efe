import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommand } from '../support/command.ts';
import { MiraProcess, ROOT } from '../support/mira-process.ts';
import { N8nSink } from '../support/n8n-sink.ts';
import { gapsOf, reconcile } from '../support/reconcile.ts';
import { createScratchDatabase } from '../support/scratch-server.ts';
import { others } from '../trials/stage.ts';
import { type Finding, Findings } from '../trials/trial.ts';
import { type Address, type Answer, Party, SECRET } from './party.ts';

const PASSWORD = 'a password of the upgrade';
const ARRIVE_WITHIN_MS = 20_000;
/** To each process, of each kind. */
const FEW = 5;
/** What the limits of the last part leave room for. */
const ROOM = 8;
const OVER = 4;

/** The two releases, and a database that both work on. */
export interface UpgradeStage {
  readonly previousRoot: string;
  readonly env: Readonly<Record<string, string>>;
  readonly folder: string;
  readonly sink: N8nSink;
  readonly scope: AsyncDisposableStack;
  /** Deliveries that the receiver must have by now. */
  expected: number;
}

export async function upgradeStage(
  server: string,
  previousRoot: string,
  scope: AsyncDisposableStack,
): Promise<UpgradeStage> {
  const folder = mkdtempSync(join(tmpdir(), 'mira-upgrade-'));
  scope.defer(() => rmSync(folder, { recursive: true, force: true }));
  const { url } = scope.adopt(await createScratchDatabase(server), (one) => one.drop());
  const sink = scope.adopt(await N8nSink.start(), (one) => one.stop());
  const env = {
    DATABASE_URL: url,
    MIRA_MASTER_KEY: randomBytes(32).toString('base64'),
    MIRA_ADMIN_PASSWORD: PASSWORD,
    MIRA_LOG_LEVEL: 'warn',
    MIRA_DATABASE_POOL_SIZE: '4',
    MIRA_OUTBOUND_ALLOW: '127.0.0.0/8',
    MIRA_WEBHOOK_RATE_LIMIT_MAX_REQUESTS: '100000000',
    MIRA_API_RATE_LIMIT_ENABLED: 'false',
  };
  return { previousRoot, env, folder, sink, scope, expected: 0 };
}

/**
 * An upgrade as it is done: the release before works, this one migrates under it, both work side by side, each taking
 * what the other made. `starting` is told what comes next.
 */
export async function upgrade(stage: UpgradeStage, starting: (what: string) => void): Promise<Finding[]> {
  starting('the release before, on its own schema');
  const before = await start(stage, 'previous', 'before', 'all');
  const token = await signIn(before);
  const pushes = await aRoute(stage, before, token, 'push');
  const findings = new Findings('while this release migrates');
  findings.hold('webhooks before it, answered 202', FEW, taken(await sendFew(stage, before, pushes)));
  await arrived(stage);

  starting('this release migrates');
  await migrateUnderLoad(stage, before, pushes, findings);
  await before.mira.stop();

  starting('both, side by side');
  const [previous, worker] = await Promise.all([
    start(stage, 'previous', 'previous-api', 'api'),
    start(stage, 'this', 'this-worker', 'worker'),
  ]);
  const crossed = new Findings('queue');
  crossed.hold('taken by the release before', FEW, taken(await sendFew(stage, previous, pushes)));
  crossed.hold('delivered by this one', 'all', await arrived(stage));
  const [current, previousWorker] = await Promise.all([
    start(stage, 'this', 'this-api', 'api'),
    start(stage, 'previous', 'previous-worker', 'worker'),
    worker.mira.stop(),
  ]);
  crossed.hold('taken by this release', FEW, taken(await sendFew(stage, current, pushes)));
  crossed.hold('delivered by the one before', 'all', await arrived(stage));

  const sideBySide = [
    ...(await sessions(previous, current, token)),
    ...(await setUpByTheOther(stage, previous, current, token)),
    ...(await listsAndReplays(stage, previous, current, token)),
    ...(await limits(stage, previous, current, token, pushes)),
  ];
  starting('the books');
  await Promise.all([previousWorker.mira.stop(), previous.mira.stop(), current.mira.stop()]);
  return [...findings.all, ...crossed.all, ...sideBySide, ...(await books(stage))];
}

async function start(
  { previousRoot, env, folder, scope }: UpgradeStage,
  release: 'previous' | 'this',
  name: string,
  role: 'all' | 'api' | 'worker',
): Promise<Party> {
  const mira = await MiraProcess.start({
    root: release === 'previous' ? previousRoot : ROOT,
    folder: join(folder, name),
    env: { ...env, MIRA_ROLE: role },
  });
  scope.defer(() => mira.kill());
  return new Party(mira, release === 'previous' ? 'the release before' : 'this release');
}

async function signIn(party: Party): Promise<string> {
  const { access_token } = await party.must(null, 'POST', 'auth/login', { username: 'admin', password: PASSWORD });
  return String(access_token);
}

/** An endpoint whose webhooks of that type go to the receiver. */
async function aRoute(stage: UpgradeStage, party: Party, token: string, eventType: string): Promise<Address> {
  const service = 'github';
  const name = `for ${eventType}`;
  const endpoint = await party.must(token, 'POST', 'webhook-endpoints', { name, service, secret: SECRET });
  const config = { base_url: stage.sink.url };
  const { id } = await party.must(token, 'POST', 'integrations', { kind: 'n8n', name, config });
  const target = { kind: 'n8n', integration_id: id, webhook_path: 'upgrade' };
  await party.must(token, 'POST', 'routes', { name, service, event_types: [eventType], target });
  return { path: new URL(String(endpoint['url'])).pathname, eventType };
}

async function sendFew(stage: UpgradeStage, party: Party, address: Address): Promise<Answer[]> {
  stage.expected += FEW;
  return party.send(address, FEW);
}

/** `all` when the receiver has each delivery that it must have, and none besides. What is told of once is not told of again. */
async function arrived(stage: UpgradeStage): Promise<string> {
  const { sink, expected } = stage;
  await sink.quiet(expected, ARRIVE_WITHIN_MS).catch(() => undefined);
  const { deliveries } = await sink.count();
  stage.expected = deliveries;
  return deliveries === expected ? 'all' : `${deliveries} for ${expected}`;
}

function taken(answers: readonly Answer[]): number {
  return answers.filter(({ status }) => status === 202).length;
}

/** Nobody who sends is to notice that the schema changes. */
async function migrateUnderLoad(
  stage: UpgradeStage,
  before: Party,
  pushes: Address,
  findings: Findings,
): Promise<void> {
  const statuses: number[] = [];
  let migrating = true;
  const load = (async () => {
    while (migrating) statuses.push(...(await before.send(pushes, 1)).map(({ status }) => status));
  })();
  const { exitCode, stderr } = await runCommand('migrate', [], stage).finally(() => (migrating = false));
  await load;
  stage.expected += statuses.filter((status) => status === 202).length;
  findings.hold('npm run migrate', 'ends with 0', exitCode === 0 ? 'ends with 0' : `${exitCode}: ${stderr}`);
  findings.hold('webhooks meanwhile that were not answered 202', 'none', others(statuses, [202]));
  findings.hold('webhooks after it, answered 202', FEW, taken(await sendFew(stage, before, pushes)));
  findings.hold('delivered', 'all', await arrived(stage));
}

/** What one begins holds at the other, and so does its end. */
async function sessions(previous: Party, current: Party, fromBefore: string): Promise<Finding[]> {
  const findings = new Findings('sessions');
  const me = async (party: Party, token: string) => (await party.ask(token, 'GET', 'auth/me')).status;
  findings.hold('begun before the upgrade, asked of this release', 200, await me(current, fromBefore));
  for (const [name, one, other] of [
    ['the release before', previous, current],
    ['this release', current, previous],
  ] as const) {
    const begun = await one.must(null, 'POST', 'auth/login', { username: 'admin', password: PASSWORD });
    const token = String(begun['access_token']);
    findings.hold(`begun by ${name}, asked of the other`, 200, await me(other, token));
    const renewed = await other.ask(null, 'POST', 'auth/refresh', { refresh_token: begun['refresh_token'] });
    findings.hold(`begun by ${name}, renewed by the other`, 200, renewed.status);
    await other.must(token, 'POST', 'auth/logout');
    findings.hold(`begun by ${name}, ended by the other`, 401, await me(one, token));
  }
  return findings.all;
}

/** What one sets up, the other goes by, from the next webhook on. */
async function setUpByTheOther(
  stage: UpgradeStage,
  previous: Party,
  current: Party,
  token: string,
): Promise<Finding[]> {
  const findings = new Findings('endpoints, integrations and routes');
  for (const [name, one, other] of [
    ['the release before', previous, current],
    ['this release', current, previous],
  ] as const) {
    const address = await aRoute(stage, one, token, one === previous ? 'issues' : 'release');
    findings.hold(`made by ${name}, sent to the other`, FEW, taken(await sendFew(stage, other, address)));
    findings.hold(`made by ${name}, delivered`, 'all', await arrived(stage));
    const routes = (await one.must(token, 'GET', 'routes'))['data'] as { id: string; name: string }[];
    const route = routes.find((found) => found.name === `for ${address.eventType}`);
    await one.must(token, 'PATCH', `routes/${String(route?.id)}`, { enabled: false });
    findings.hold(`disabled by ${name}, sent to the other`, FEW, taken(await other.send(address, FEW)));
    findings.hold(`disabled by ${name}, not delivered`, 'all', await arrived(stage));
  }
  return findings.all;
}

/** Both see the same events, and each replays what the other stored. */
async function listsAndReplays(
  stage: UpgradeStage,
  previous: Party,
  current: Party,
  token: string,
): Promise<Finding[]> {
  const findings = new Findings('events');
  const list = async (party: Party) =>
    (
      (await party.must(token, 'GET', 'events?event_type=push&limit=100'))['data'] as { id: string; status: string }[]
    ).map(({ id, status }) => `${id} ${status}`);
  const [known, seen] = [await list(previous), await list(current)];
  findings.hold('listed alike by both', known.join(), seen.join());
  const [newest, oldest] = [seen[0], seen.at(-1)].map((line) => String(line).split(' ')[0]);
  for (const [what, party, id] of [
    ['stored by this release, replayed by the one before', previous, newest],
    ['stored by the one before, replayed by this release', current, oldest],
  ] as const) {
    const { status, json } = await party.ask(token, 'POST', `events/${id}/replay`, { reason: 'upgrade' });
    findings.hold(what, '202, 1 delivery', `${status}, ${String(json['created'])} delivery`);
    stage.expected++;
  }
  findings.hold('replays delivered', 'all', await arrived(stage));
  return findings.all.map((one) => (one.what === 'listed alike by both' ? shortened(one) : one));
}

function shortened({ trial, what, expected, seen }: Finding): Finding {
  return expected === seen
    ? { trial, what, expected: 'yes', seen: 'yes' }
    : { trial, what, expected: 'yes', seen: `no: ${expected} and ${seen}` };
}

/** Both count in the same place: together they let through what there is room for, and not one more. */
async function limits(
  stage: UpgradeStage,
  previous: Party,
  current: Party,
  token: string,
  pushes: Address,
): Promise<Finding[]> {
  const findings = new Findings('limits, both asked in turn');
  const { tenant } = (await current.must(token, 'GET', 'auth/me')) as { tenant: { id: string } };
  const used = async (limit: string): Promise<number> => {
    const all = (await current.must(token, 'GET', 'limits'))['limits'] as { limit: string; used: number }[];
    const found = all.find((one) => one.limit === limit);
    if (!found) throw new Error(`there is no limit ${limit}`);
    return found.used;
  };
  const allow = async (party: Party, limit: string) =>
    party.must(token, 'PUT', `tenants/${tenant.id}/overrides/${limit}`, { max: (await used(limit)) + ROOM });

  await allow(previous, 'max_webhooks_per_day');
  const statuses = await inTurn(previous, current, async (party) => (await party.send(pushes, 1))[0]);
  stage.expected += ROOM;
  findings.hold('webhooks, answered 202', ROOM, statuses.filter((status) => status === 202).length);
  findings.hold('webhooks, answered 429', OVER, statuses.filter((status) => status === 429).length);
  findings.hold('webhooks, delivered', 'all', await arrived(stage));

  await allow(current, 'max_projects');
  let n = 0;
  const made = await inTurn(previous, current, (party) => party.ask(token, 'POST', 'projects', { name: `No ${++n}` }));
  findings.hold('projects, answered 201', ROOM, made.filter((status) => status === 201).length);
  findings.hold('projects, answered 402', OVER, made.filter((status) => status === 402).length);
  return findings.all;
}

async function inTurn(
  previous: Party,
  current: Party,
  ask: (party: Party) => Promise<Answer | undefined>,
): Promise<number[]> {
  const statuses: number[] = [];
  for (let n = 0; n < ROOM + OVER; n++) {
    statuses.push((await ask(n % 2 === 0 ? previous : current))?.status ?? 0);
  }
  return statuses;
}

/** Whatever both did, each finds it accounted for. */
async function books(stage: UpgradeStage): Promise<Finding[]> {
  const findings = new Findings('the books, as each release checks them');
  for (const [name, root] of [
    ['this release', ROOT],
    ['the release before', stage.previousRoot],
  ] as const) {
    const place = { ...stage, root };
    findings.hold(`gaps, by ${name}`, 'none', gapsOf(await reconcile(place)).join('; ') || 'none');
    const { exitCode, stdout } = await runCommand('enterprise/audit/verify', [], place);
    findings.hold(`audit trail, by ${name}`, 'valid', exitCode === 0 ? 'valid' : stdout);
  }
  return findings.all;
}
