import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { Pool } from 'undici';
import { MiraProcess } from '../support/mira-process.ts';
import { createScratchDatabase } from '../support/scratch-server.ts';
import { InjectedClock } from './injected-clock.ts';

const PROCESSES = 3;
/** To each process, as many senders have them. */
export const CONNECTIONS = 64;
const CLOCK_MODULE = pathToFileURL(join(import.meta.dirname, 'set-clock.ts')).href;

/** An answer, read. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly json: Readonly<Record<string, unknown>>;
}

/** Several Miras on one database of a server, behind nothing: a trial calls each of them. */
export interface Stage {
  readonly databaseUrl: string;
  /** For the program's own commands. */
  readonly env: Readonly<Record<string, string>>;
  readonly folder: string;
  readonly clock: InjectedClock;
  /** Connections to each process. */
  readonly processes: readonly Pool[];
  /** An administrator's. */
  readonly apiKey: string;
}

/** @param scope ends it all again */
export async function startStage(server: string, scope: AsyncDisposableStack): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), 'mira-trials-'));
  scope.defer(() => rmSync(folder, { recursive: true, force: true }));
  const { url: databaseUrl } = scope.adopt(await createScratchDatabase(server), (one) => one.drop());
  const clock = new InjectedClock(databaseUrl);
  await clock.create();
  const env = {
    DATABASE_URL: databaseUrl,
    MIRA_MASTER_KEY: randomBytes(32).toString('base64'),
    MIRA_LOG_LEVEL: 'warn',
    MIRA_DATABASE_POOL_SIZE: '6',
    MIRA_WEBHOOK_RATE_LIMIT_ENABLED: 'false',
    MIRA_API_RATE_LIMIT_ENABLED: 'false',
  };
  const processes: Pool[] = [];
  let apiKey: string | null = null;
  for (let n = 1; n <= PROCESSES; n++) {
    const mira = await MiraProcess.start({
      folder: join(folder, String(n)),
      env,
      nodeOptions: ['--disable-warning=ExperimentalWarning', '--import', CLOCK_MODULE],
    });
    scope.defer(() => mira.stop());
    apiKey ??= mira.apiKey;
    processes.push(scope.adopt(new Pool(mira.url, { connections: CONNECTIONS }), (pool) => pool.destroy()));
  }
  if (apiKey === null) throw new Error('the first start printed no API key');
  return { databaseUrl, env, folder, clock, processes, apiKey };
}

export async function send(
  pool: Pool,
  { method = 'POST', path, headers, body }: { method?: string; path: string; headers: object; body: string | Buffer },
): Promise<Answer> {
  const {
    statusCode,
    headers: received,
    body: answer,
  } = await pool.request({
    method,
    path,
    headers: headers as Record<string, string>,
    body,
  });
  const text = await answer.text();
  const json = text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
  return { status: statusCode, headers: received as Record<string, string>, json };
}

/** What was not taken for now is asked for again, so often and after so long. */
const TRIES = 60;
const AGAIN_AFTER_MS = 250;

/** As clients do: whoever is told that nothing was taken, tries again. Tells also how often. */
export async function untilTold(ask: () => Promise<Answer>): Promise<{ answer: Answer; repeats: number }> {
  for (let repeats = 0; ; repeats++) {
    const answer = await ask();
    if (answer.status !== 503 || repeats === TRIES) return { answer, repeats };
    await sleep(AGAIN_AFTER_MS);
  }
}

/** How often which status came, but for these: `3 × 500`. */
export function others(statuses: readonly number[], known: readonly number[]): string {
  const counts = Map.groupBy(
    statuses.filter((status) => !known.includes(status)),
    (status) => status,
  );
  return [...counts].map(([status, all]) => `${all.length} × ${status}`).join(', ') || 'none';
}

/** A management request of the administrator, in a tenant. */
export function manage(
  { apiKey }: Stage,
  pool: Pool,
  path: string,
  body: object,
  { method = 'POST', tenantId }: { method?: string; tenantId?: string } = {},
): Promise<Answer> {
  const headers = {
    'content-type': 'application/json',
    'x-api-key': apiKey,
    ...(tenantId === undefined ? {} : { 'x-tenant-id': tenantId }),
  };
  return send(pool, { method, path: `/api/v1/${path}`, headers, body: JSON.stringify(body) });
}

/** The same through the first process, of what must be there for a trial to begin. */
export async function make(stage: Stage, path: string, body: object, tenantId?: string): Promise<Answer['json']> {
  const [first] = stage.processes;
  if (!first) throw new Error('there is no process');
  const { status, json } = await manage(stage, first, path, body, { tenantId });
  if (status >= 300) throw new Error(`POST ${path} was answered ${status}: ${JSON.stringify(json)}`);
  return json;
}
