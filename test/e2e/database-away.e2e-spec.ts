import { randomUUID } from 'node:crypto';
import { type RunningMira, startMira } from '../../src/mira';
import { kinds, type ScratchDatabase, scratchDatabase } from '../support/databases';
import { deliveryOf } from '../support/deliveries';
import { eventually } from '../support/eventually';
import { type Answer, type CreatedEndpoint, startTestMira, testConfig, type TestMira } from '../support/mira';
import { Receiver } from '../support/receiver';
import { signedAsGithub } from '../support/signed';
import { TcpProxy } from '../support/tcp-proxy';

/** A sender hears of it within 2 s; the rest is for a machine that others use too. */
const ANSWERED_WITHIN_MS = 2_500;

/** A scratch database, and the door that Mira reaches it by. */
async function aDatabaseBehindADoor(): Promise<{ database: ScratchDatabase; door: TcpProxy; url: string }> {
  const database = await scratchDatabase('server');
  if (!('database' in database.settings)) throw new Error('this is not a server');
  const url = new URL(database.settings.database.url);
  const door = await TcpProxy.to(url.hostname, Number(url.port || 5432));
  url.hostname = door.address.host;
  url.port = String(door.address.port);
  return { database, door, url: url.href };
}

/** Of a server only: the embedded database is in this process, and cannot be away. */
function whileAway(): void {
  let mira: TestMira;
  let door: TcpProxy;
  let receiver: Receiver;
  let endpoint: CreatedEndpoint;

  beforeAll(async () => {
    receiver = await Receiver.start();
    const behind = await aDatabaseBehindADoor();
    ({ door } = behind);
    mira = await startTestMira('server', { MIRA_DATABASE_URL: behind.url }, behind.database);
    endpoint = await mira.createEndpoint('github');
    const { id } = await mira.createIntegration(receiver.url);
    await mira.createRoute('github', { kind: 'n8n', integration_id: id, webhook_path: 'x' });
  });
  afterAll(async () => {
    await door?.open();
    await mira?.stop();
    await door?.refuse();
    await receiver?.stop();
  });
  afterEach(async () => {
    await door.open();
    await eventually(async () => expect((await mira.get('/health/ready')).status).toBe(200), 20_000);
  });

  const ways: [string, () => Promise<void> | void, () => Promise<void>][] = [
    ['refuses, and comes back', () => door.refuse(), () => door.open()],
    ['hangs, and comes back', () => door.hang(), () => door.open()],
    ['hangs, and another takes its place', () => door.hang(), () => door.open({ keepStuck: true })],
  ];

  function push(delivery: string, call: { apiKey?: boolean } = {}): Promise<Answer> {
    if (call.apiKey) {
      return mira.send('/webhook/github', '{}', { 'x-api-key': mira.apiKey, 'x-github-delivery': delivery });
    }
    // GitHub's proof covers the body alone: each delivery has a body of its own.
    const body = JSON.stringify({ delivery });
    return mira.send(endpoint.path, body, signedAsGithub(body, endpoint.secret, { delivery }));
  }

  async function timed(call: Promise<Answer>): Promise<Answer & { ms: number }> {
    const start = performance.now();
    const answer = await call;
    return { ...answer, ms: performance.now() - start };
  }

  function expectAway(answer: Answer & { ms: number }): void {
    expect(answer).toMatchObject({ status: 503, json: { type: 'urn:mira:problem:service-unavailable' } });
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    expect(answer.ms).toBeLessThan(ANSWERED_WITHIN_MS);
  }

  it.each(ways)(
    'that %s: every webhook is answered 503 in time, and taken again by itself',
    async (_way, leave, come) => {
      // All of the pool's connections are open, and the first calls will be stuck with them.
      const warm = await Promise.all(Array.from({ length: 40 }, () => push(randomUUID(), { apiKey: true })));
      expect(warm.map(({ status }) => status)).toEqual(warm.map(() => 202));
      await leave();
      // Beyond the time that anything is remembered for: at first the endpoint is still known, then it is not.
      for (let round = 0; round < 4; round++) {
        const calls = Array.from({ length: 24 }, (_, n) => timed(push(randomUUID(), { apiKey: n % 4 > 0 })));
        for (const answer of await Promise.all(calls)) expectAway(answer);
        const live = await timed(mira.get('/health/live', { apiKey: null }));
        expect([live.status, live.json]).toEqual([200, { status: 'live' }]);
        expect(live.ms).toBeLessThan(500);
        const ready = await timed(mira.get('/health/ready', { apiKey: null }));
        expect([ready.status, ready.json]).toEqual([503, { status: 'database_away' }]);
        expect(ready.ms).toBeLessThan(ANSWERED_WITHIN_MS);
      }
      const health = await timed(mira.get('/health', { apiKey: null }));
      expect(health).toMatchObject({ status: 503, json: { status: 'unhealthy', uptime: 'down' } });
      expect(health.ms).toBeLessThan(ANSWERED_WITHIN_MS);
      expect((await mira.get('/metrics', { apiKey: null })).status).toBe(200);
      expectAway(await timed(mira.get('/api/v1/events')));
      expectAway(await timed(mira.post('/api/v1/webhook-endpoints', { service: 'github', name: 'x' })));

      await come();
      await eventually(async () => {
        expect((await mira.get('/health/ready', { apiKey: null })).status).toBe(200);
      }, 15_000);
      await eventually(async () => expect((await push(randomUUID())).status).toBe(202), 15_000);
      await eventually(async () => expect((await push(randomUUID(), { apiKey: true })).status).toBe(202), 15_000);
      expect((await mira.get('/api/v1/events')).status).toBe(200);
      // And delivered, though nobody told the queue's connections that the other end is gone.
      const { json } = await push(randomUUID(), { apiKey: true });
      await deliveryOf(mira, json['id'], { status: 'accepted' }, 40_000);
    },
    90_000,
  );

  it.each(ways)('that %s in mid-load: nothing is stored by half, and nothing forgotten', async (_way, leave, come) => {
    const sent = Array.from({ length: 300 }, () => randomUUID());
    const statuses = new Map<string, number>();
    const send = async (delivery: string) => statuses.set(delivery, (await push(delivery, { apiKey: true })).status);
    const load = (async () => {
      for (let at = 0; at < sent.length; at += 12) await Promise.all(sent.slice(at, at + 12).map(send));
    })();
    await eventually(() => expect(statuses.size).toBeGreaterThan(60));
    await leave();
    await eventually(() => expect([...statuses.values()]).toContain(503));
    await come();
    await load;
    expect(new Set(statuses.values())).toEqual(new Set([202, 503]));

    // The senders do as they were told, and come again.
    await eventually(async () => {
      for (const delivery of sent) {
        if (statuses.get(delivery) === 503) statuses.set(delivery, (await push(delivery, { apiKey: true })).status);
      }
      expect([...statuses.values()].filter((status) => status === 503)).toEqual([]);
    }, 20_000);
    const stored = await mira.sql(
      `SELECT e.dedup_key, count(DISTINCT d.id)::int AS deliveries, count(DISTINCT k.event_id)::int AS keys
       FROM webhook_events e
       LEFT JOIN deliveries d ON d.event_id = e.id
       LEFT JOIN webhook_dedup_keys k ON k.event_id = e.id
       WHERE e.dedup_key = ANY ($1) GROUP BY e.id, e.dedup_key`,
      [sent],
    );
    expect(stored.map((row) => String(row['dedup_key'])).toSorted()).toEqual(sent.toSorted());
    for (const row of stored) expect(row).toMatchObject({ deliveries: 1, keys: 1 });
    // What is not delivered yet will be: its job is there, or was taken by an attempt that nobody heard of any more.
    const forgotten = await mira.sql(
      `SELECT d.id FROM deliveries d WHERE d.status <> 'accepted' AND NOT EXISTS (
         SELECT FROM pgboss.job j
         WHERE j.name = 'delivery' AND j.state <= 'active' AND j.data -> 'delivery_ids' ? d.id::text)`,
    );
    expect(forgotten).toEqual([]);
  });

  it('because its connections were ended, hardly anybody notices', async () => {
    for (let round = 0; round < 3; round++) {
      await mira.sql(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()`);
      const answers = await Promise.all(Array.from({ length: 12 }, () => push(randomUUID(), { apiKey: true })));
      for (const { status } of answers) expect([202, 503]).toContain(status);
      await eventually(async () => expect((await push(randomUUID(), { apiKey: true })).status).toBe(202));
    }
    const { json } = await push(randomUUID(), { apiKey: true });
    // An attempt that was claimed on an ended connection is given out again when its time is over.
    await deliveryOf(mira, json['id'], { status: 'accepted' }, 75_000);
  }, 120_000);
}

if (kinds().includes('server')) {
  describe('while the database is away', whileAway);

  it('a start while the database server is away waits for it, and says so', async () => {
    const { database, door, url } = await aDatabaseBehindADoor();
    let running: RunningMira | null = null;
    try {
      await door.refuse();
      const said: string[] = [];
      const starting = startMira(testConfig(database, { MIRA_DATABASE_URL: url }), (line) => said.push(line));
      await eventually(() => expect(said.join('\n')).toMatch(/refuses the connection.* Trying again/));
      await door.open();
      running = await starting;
      expect((await fetch(`${running.url}/health/ready`)).status).toBe(200);
    } finally {
      await running?.stop();
      await door.refuse();
      await database.drop();
    }
  });
} else {
  it('a database that is away was left out: it takes a server, see MIRA_TEST_DATABASE_URL', () => {
    expect(kinds()).toEqual(['embedded']);
  });
}
