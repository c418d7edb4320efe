/**
 * Kills Mira in the middle of its work, again and again, and then counts: whatever it acknowledged must be stored,
 * and delivered in the end, and the books must have no gap. `npm run test:faults -- --rounds 20 --databases embedded,server`
 */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { type DatabaseAddress, type Ledger, settle } from './faults/ledger.ts';
import { Receipts } from './faults/receipts.ts';
import { sendUntil } from './faults/senders.ts';
import { faultsOf } from './faults/verdict.ts';
import type { DatabaseKind } from './options.ts';
import { CannotRun, runInterruptibly } from './support/interruption.ts';
import { MiraApi } from './support/mira-api.ts';
import { MiraProcess } from './support/mira-process.ts';
import { gapsOf, printLedger, reconcile } from './support/reconcile.ts';
import { createScratchDatabase } from './support/scratch-server.ts';

/** A kill falls somewhere in this time after the load began: while groups commit, attempts run, pages are written. */
const KILL_AFTER_MS = { least: 200, most: 2_500 };
/** pg-boss gives out again what a dead worker held when its time is over; this is ample for it. */
const PATIENCE_MS = 120_000;
const DELIVERY_TIMEOUT_MS = 2_000;

interface Stage {
  readonly kind: DatabaseKind;
  readonly env: Record<string, string>;
  readonly address: DatabaseAddress;
  readonly folder: string;
  clear(): Promise<void>;
}

async function main(interruption: AbortSignal): Promise<void> {
  const { values } = parseArgs({
    options: { rounds: { type: 'string', default: '20' }, databases: { type: 'string', default: 'embedded,server' } },
  });
  const rounds = Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1 || rounds > 200)
    throw new CannotRun('--rounds takes a number from 1 to 200');
  let ran = 0;
  for (const kind of values.databases.split(',')) {
    interruption.throwIfAborted();
    const stage = await stageOf(kind);
    if (!stage) continue;
    ran++;
    try {
      const ledger = await killRepeatedly(stage, rounds, interruption);
      report(stage.kind, rounds, ledger);
      const books = await reconcile(stage);
      printLedger(books);
      const faults = [...faultsOf(ledger), ...gapsOf(books)];
      for (const fault of faults) console.error(`${stage.kind}: ${fault}`);
      if (faults.length > 0) process.exitCode = 1;
    } finally {
      await stage.clear();
    }
  }
  if (ran === 0) throw new CannotRun('no database was left to try it on');
}

async function killRepeatedly(stage: Stage, rounds: number, interruption: AbortSignal): Promise<Ledger> {
  const receipts = await Receipts.open();
  const acknowledged = new Set<string>();
  const secret = randomBytes(24).toString('hex');
  let path = '';
  let mira: MiraProcess | null = null;
  let killed = false;
  try {
    for (let round = 1; round <= rounds; round++) {
      mira = await MiraProcess.start({ folder: stage.folder, env: stage.env });
      interruption.throwIfAborted();
      path ||= await setScene(mira, receipts.url, secret);
      killed = false;
      const begun = Promise.withResolvers<void>();
      const load = sendUntil(`${mira.url}${path}`, secret, () => killed, begun.resolve);
      // Counted from the first acknowledgement, or a slow machine is killed before there is anything to lose.
      await Promise.race([begun.promise, sleep(PATIENCE_MS, undefined, { ref: false })]);
      interruption.throwIfAborted();
      await pause(KILL_AFTER_MS.least + Math.random() * (KILL_AFTER_MS.most - KILL_AFTER_MS.least), interruption);
      await mira.kill();
      killed = true;
      const { acknowledged: ids, unanswered, refused } = await load;
      for (const id of ids) acknowledged.add(id);
      const others = [...refused].map(([status, count]) => `, ${count} answered ${status}`).join('');
      console.log(`${stage.kind} ${round}/${rounds}: ${ids.length} acknowledged, ${unanswered} unanswered${others}`);
    }
    mira = await MiraProcess.start({ folder: stage.folder, env: stage.env });
    return await settle(stage.address, acknowledged, receipts, PATIENCE_MS, (ms) => pause(ms, interruption));
  } finally {
    killed = true;
    await (interruption.aborted ? mira?.kill() : mira?.stop());
    receipts.close();
  }
}

/** Rejects with the reason when the run is interrupted meanwhile. */
async function pause(ms: number, interruption: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal: interruption }).catch(() => undefined);
  interruption.throwIfAborted();
}

/** The path of an endpoint whose pushes go to the receiver. */
async function setScene(mira: MiraProcess, receiver: string, secret: string): Promise<string> {
  if (!mira.apiKey) throw new Error('the first start printed no API key');
  const api = new MiraApi(mira.url, mira.apiKey);
  const endpoint = await api.createEndpoint({ service: 'github', secret });
  const integrationId = await api.createN8n(receiver);
  await api.createRoute({ service: 'github', eventTypes: ['push'], integrationId });
  return new URL(endpoint).pathname;
}

/** Null, and a line that says why, where there is no such database to be had. */
async function stageOf(kind: string): Promise<Stage | null> {
  const folder = mkdtempSync(join(tmpdir(), 'mira-faults-'));
  const env = {
    MIRA_LOG_LEVEL: 'warn',
    MIRA_OUTBOUND_ALLOW: '127.0.0.0/8',
    MIRA_DELIVERY_TIMEOUT_MS: String(DELIVERY_TIMEOUT_MS),
    MIRA_DELIVERY_RETRY_SCHEDULE_SECONDS: '0,0.5,1,2,4,8,16,32',
    MIRA_WEBHOOK_RATE_LIMIT_MAX_REQUESTS: '100000000',
  };
  const clear = async (): Promise<void> => rmSync(folder, { recursive: true, force: true });
  if (kind === 'embedded') {
    const data = join(folder, 'data');
    const address = { host: join(data, 'run'), user: 'postgres', database: 'postgres' };
    return { kind, env: { ...env, MIRA_DATA_DIR: data }, address, folder, clear };
  }
  if (kind !== 'server') throw new Error(`--databases takes embedded and server, not ${kind}`);
  const server = process.env['MIRA_TEST_DATABASE_URL'];
  if (!server) {
    console.log('server: left out, MIRA_TEST_DATABASE_URL names none');
    await clear();
    return null;
  }
  const scratch = await createScratchDatabase(server);
  return {
    kind,
    env: { ...env, DATABASE_URL: scratch.url, MIRA_MASTER_KEY: randomBytes(32).toString('base64') },
    address: scratch.url,
    folder,
    clear: async () => {
      await scratch.drop();
      await clear();
    },
  };
}

function report(kind: DatabaseKind, rounds: number, ledger: Ledger): void {
  console.log(`\n${kind}: killed ${rounds} times in mid-load`);
  console.table({
    acknowledged: ledger.acknowledged,
    stored: ledger.stored,
    'stored, though not acknowledged': ledger.storedUnacknowledged,
    delivered: ledger.delivered,
    'delivered more than once': ledger.deliveredTwice,
    'acknowledged and lost': ledger.lost,
    'stored and not delivered': ledger.undelivered,
    'deliveries still open': ledger.open,
  });
}

await runInterruptibly(main);
