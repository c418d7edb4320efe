import type { Pool } from 'undici';
import { signedWebhooks } from '../load/signed-webhooks.ts';
import { onDatabase } from '../support/scratch-server.ts';
import { type Answer, CONNECTIONS, make, others, send, type Stage, untilTold } from './stage.ts';
import { type Finding, Findings, type Measure } from './trial.ts';

const LIMIT = 10_000;
const DAY_SECONDS = 86_400;
const SECRET = 'a secret of the trials';
/** Ends a load that does not come to its end. */
const PATIENCE_MS = 180_000;

/** What senders were told. */
interface Told {
  taken: number;
  refused: number;
  /** Sent again because an answer did not tell. */
  repeated: number;
  /** By the moment at which it begins anew. */
  readonly refusedUntil: Map<string, number>;
  /** What was wrong with refusals. */
  readonly faults: string[];
  readonly others: number[];
}

/** A professional tenant takes its 10,000 of a day and not one more, whoever of three processes is asked. */
export async function quotaTrial(stage: Stage, measure: Measure): Promise<Finding[]> {
  const findings = new Findings('10,000 of a day');
  const day = await stage.clock.setBeforeMidnight(DAY_SECONDS / 2);
  const { tenantId, path } = await professional(stage, 'quota');
  await fill(stage, tenantId, day, LIMIT - measure.webhooksLeft);
  const toSend = measure.webhooksLeft + measure.webhooksOver;
  let sent = 0;
  const told = await load(stage, path, () => ++sent > toSend);
  findings.hold('answered 202', measure.webhooksLeft, told.taken);
  findings.hold('answered 429', measure.webhooksOver, told.refused);
  await holdBooks(stage, findings, tenantId, told, [[day, LIMIT]]);
  return findings.all;
}

/** The same on both days while a midnight UTC passes under load, for all processes in the same moment. */
export async function midnightTrial(stage: Stage, measure: Measure): Promise<Finding[]> {
  const findings = new Findings('across a midnight UTC');
  const { tenantId, path } = await professional(stage, 'midnight');
  const day = await stage.clock.setBeforeMidnight(measure.secondsBeforeMidnight + 3);
  const [next, third] = [dayAfter(day, 1), dayAfter(day, 2)];
  await fill(stage, tenantId, day, LIMIT - measure.leftBeforeMidnight);
  await fill(stage, tenantId, next, LIMIT - measure.leftAfterMidnight);
  const told = await load(stage, path, ({ refusedUntil }) => (refusedUntil.get(`${third}T00:00:00.000Z`) ?? 0) > 500);
  findings.hold('answered 202 on both', measure.leftBeforeMidnight + measure.leftAfterMidnight, told.taken);
  const before = told.refusedUntil.get(`${next}T00:00:00.000Z`) ?? 0;
  findings.hold('refused before it, too', 'yes', before > 0 ? 'yes' : 'no');
  findings.hold('refused for these days alone', 2, told.refusedUntil.size);
  await holdBooks(stage, findings, tenantId, told, [
    [day, LIMIT],
    [next, LIMIT],
  ]);
  return findings.all;
}

async function holdBooks(
  stage: Stage,
  findings: Findings,
  tenantId: string,
  told: Told,
  days: readonly (readonly [string, number])[],
): Promise<void> {
  findings.hold('other answers', 'none', others(told.others, []));
  findings.hold('faults in headers and members', 'none', [...new Set(told.faults)].slice(0, 3).join('; ') || 'none');
  const { counters, stored } = await booksOf(stage, tenantId);
  for (const [day, count] of days)
    findings.hold(`counted on ${day}`, count, counters.get(`webhooks_received ${day}`) ?? 0);
  findings.hold(
    'stored',
    days.reduce((sum, [, count]) => sum + count, 0),
    stored,
  );
  const refused = days.reduce((sum, [day]) => sum + (counters.get(`webhooks_refused ${day}`) ?? 0), 0);
  // A refusal whose answer was lost is counted once more when it is sent again.
  if (told.repeated === 0) findings.hold('counted as refused', told.refused, refused);
}

/** A tenant of that tier with an endpoint, whose path it tells. */
async function professional(stage: Stage, name: string): Promise<{ tenantId: string; path: string }> {
  const { id } = await make(stage, 'tenants', { name, tier: 'professional' });
  const tenantId = String(id);
  const endpoint = await make(stage, 'webhook-endpoints', { name, service: 'github', secret: SECRET }, tenantId);
  return { tenantId, path: new URL(String(endpoint['url'])).pathname };
}

/** What the tenant received that day before the trial began: events and their count, as if they had been sent. */
export async function fill(
  { databaseUrl }: Pick<Stage, 'databaseUrl'>,
  tenantId: string,
  day: string,
  count: number,
): Promise<void> {
  if (count === 0) return;
  await onDatabase(databaseUrl, async (client) => {
    await client.query('BEGIN');
    await client.query(
      `INSERT INTO webhook_events (tenant_id, id, service, headers, body, received_at, routed_count)
       SELECT $1, gen_random_uuid(), 'github', '{}', '{}', $2::date, 0 FROM generate_series(1, $3)`,
      [tenantId, day, count],
    );
    await client.query(
      `INSERT INTO usage_counters AS u (tenant_id, metric, period, starts_on, count)
       SELECT $1, 'webhooks_received', period, starts_on, $3 FROM (VALUES ('day', $2::date),
         ('month', date_trunc('month', $2::date)::date), ('total', DATE '1970-01-01')) AS p (period, starts_on)
       ON CONFLICT (tenant_id, metric, period, starts_on) DO UPDATE SET count = u.count + excluded.count`,
      [tenantId, day, count],
    );
    await client.query('COMMIT');
  });
}

/** Over all connections to all processes at once, until `ended` says so. */
async function load({ processes }: Stage, path: string, ended: (told: Told) => boolean): Promise<Told> {
  const told: Told = { taken: 0, refused: 0, repeated: 0, refusedUntil: new Map(), faults: [], others: [] };
  const giveUpAt = Date.now() + PATIENCE_MS;
  const sender = async (pool: Pool): Promise<void> => {
    while (!ended(told)) {
      if (Date.now() > giveUpAt) throw new Error('the load did not come to its end in time');
      const [webhook] = signedWebhooks(1, SECRET, 'push');
      if (!webhook) continue;
      const { answer, repeats } = await untilTold(() => send(pool, { path, ...webhook }));
      told.repeated += repeats;
      note(told, answer);
    }
  };
  await Promise.all(processes.flatMap((pool) => Array.from({ length: CONNECTIONS }, () => sender(pool))));
  return told;
}

function note(told: Told, answer: Answer): void {
  const { status, json } = answer;
  // 200: it was taken when it was sent the first time, and the answer did not tell.
  if (status === 202 || status === 200) told.taken++;
  else if (status === 429) {
    told.refused++;
    const until = String(json['resets_at']);
    told.refusedUntil.set(until, (told.refusedUntil.get(until) ?? 0) + 1);
    told.faults.push(...faultsOf(answer));
  } else told.others.push(status);
}

function faultsOf({ headers, json }: Answer): string[] {
  const seconds = headers['retry-after'] ?? '';
  const expected: Record<string, [unknown, unknown]> = {
    'content-type': ['application/problem+json', headers['content-type']?.split(';')[0]],
    'retry-after': [true, /^\d+$/.test(seconds) && Number(seconds) >= 1 && Number(seconds) <= DAY_SECONDS],
    'ratelimit-policy': [`"webhooks_per_day";q=${LIMIT};w=${DAY_SECONDS}`, headers['ratelimit-policy']],
    ratelimit: [`"webhooks_per_day";r=0;t=${seconds}`, headers['ratelimit']],
    type: [true, String(json['type']).endsWith('quota-exceeded')],
    status: [429, json['status']],
    limit: [LIMIT, json['limit']],
    used: [LIMIT, json['used']],
    tier: ['enterprise', json['tier']],
    needed_tier: ['enterprise', json['needed_tier']],
    current_tier: ['professional', json['current_tier']],
    resets_at: [true, /^\d{4}-\d\d-\d\dT00:00:00\.000Z$/.test(String(json['resets_at']))],
  };
  return Object.entries(expected).flatMap(([name, [wanted, seen]]) =>
    wanted === seen ? [] : [`${name} is ${JSON.stringify(seen)}`],
  );
}

async function booksOf({ databaseUrl }: Stage, tenantId: string) {
  return onDatabase(databaseUrl, async (client) => {
    const { rows } = await client.query<{ name: string; count: number }>(
      `SELECT metric || ' ' || starts_on AS name, count::int FROM usage_counters WHERE tenant_id = $1 AND period = 'day'`,
      [tenantId],
    );
    const events = await client.query<{ n: number }>(
      `SELECT count(*)::int AS n FROM webhook_events WHERE tenant_id = $1 AND service <> 'mira'`,
      [tenantId],
    );
    return { counters: new Map(rows.map(({ name, count }) => [name, count])), stored: events.rows[0]?.n ?? 0 };
  });
}

function dayAfter(day: string, days: number): string {
  return new Date(new Date(`${day}T00:00:00Z`).getTime() + days * DAY_SECONDS * 1_000).toISOString().slice(0, 10);
}
