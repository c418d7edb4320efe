import { BenchmarkRegistry } from '@mira/benchmark';
import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { DataSource } from 'typeorm';
import { MiraConfig } from '../../src/config/mira.config';
import type { DatabaseTarget } from '../../src/database/database-target';
import { distribute } from '../../src/database/distribute';
import { REFERENCE_TABLES } from '../../src/database/distribution';
import { SecretCipher } from '../../src/database/secret.cipher';
import { Turns } from '../../src/database/turns';
import { AuditKeeper } from '../../src/enterprise/audit/audit.keeper';
import { verifyTrails } from '../../src/enterprise/audit/verify.command';
import { UsageClock } from '../../src/enterprise/usage/usage.clock';
import { MetricsService } from '../../src/metrics/metrics.service';
import { readLedger } from '../../src/webhook/ledger/ledger.reader';
import { EventRetention } from '../../src/webhook/retention/event.retention';
import { distributedScratch, testCitusUrl } from '../support/citus-cluster';
import { kinds } from '../support/databases';
import { eventually } from '../support/eventually';
import { createFakeCitus } from '../support/fake-citus';
import { type DatabaseKind, startTestMira, type TestMira } from '../support/mira';
import { answering, Receiver } from '../support/receiver';
import { signedAsGeneric } from '../support/signed';

/** Enough that both workers of a cluster have some. */
const TENANTS = 6;

interface Customer {
  readonly tenantId: string;
  readonly apiKey: string;
  readonly routeId: string;
  send(n: number, key?: string): Promise<{ status: number; duplicate: unknown }>;
}

interface Started {
  readonly mira: TestMira;
  readonly target: Pick<DatabaseTarget, 'isDistributed'>;
  readonly workers: readonly string[];
}

const SETTINGS = { MIRA_DELIVERY_RETRY_SCHEDULE_SECONDS: '0,1,1,1' };

async function onCitus(): Promise<Started> {
  const scratch = await distributedScratch();
  return { mira: await startTestMira('server', SETTINGS, scratch), ...scratch };
}

/** On one server that passes for a coordinator: all statements are those for distributed tables, and it takes them too. */
async function onOneServer(kind: DatabaseKind): Promise<Started> {
  const mira = await startTestMira(kind, SETTINGS);
  const runner = mira.mira.app.get(DataSource).createQueryRunner();
  await createFakeCitus(runner.manager);
  await runner.query(`SET citus.enable_unsafe_triggers = 'on'`);
  await distribute(runner, () => undefined);
  await runner.release();
  await mira.restart();
  return { mira, target: { isDistributed: true }, workers: [] };
}

describe.each(kinds())('Mira on tables that pass for distributed (%s database)', (kind) =>
  suite(() => onOneServer(kind)),
);
/** Needs a coordinator with workers: see CONTRIBUTING. */
(testCitusUrl ? describe : describe.skip)('Mira on the tables of a Citus', () => {
  suite(onCitus);
});

function suite(start: () => Promise<Started>): void {
  let started: Started;
  let mira: TestMira;
  let receiver: Receiver;
  const customers: Customer[] = [];

  beforeAll(async () => {
    receiver = await Receiver.start();
    started = await start();
    ({ mira } = started);
    for (let n = 0; n < TENANTS; n++) customers.push(await aCustomer(n));
  });
  afterAll(async () => {
    await mira?.stop();
    await receiver?.stop();
  });
  beforeEach(() => receiver.willAnswer(answering(204)));

  /** Every other one with a limit and without a trail, the first with a route that keeps the order. */
  async function aCustomer(n: number): Promise<Customer> {
    const { tenantId, apiKey } = await mira.addTenant('admin', n % 2 === 0 ? 'enterprise' : 'basic');
    const made = async (collection: string, body: unknown) => {
      const answer = await mira.post(`/api/v1/${collection}`, body, { apiKey });
      expect(answer).toMatchObject({ status: 201 });
      return answer.json as Record<'id' | 'url' | 'secret', string>;
    };
    const config = { url: `${receiver.url}/${tenantId}` };
    const integration = await made('integrations', { kind: 'http', name: 'A receiver', config });
    const target = { kind: 'http', integration_id: integration.id };
    const route = await made('routes', { name: 'all', service: 'generic', target, ordered: n === 0 });
    const { url, secret } = await made('webhook-endpoints', { service: 'generic', name: 'an endpoint' });
    const send = async (number: number, key: string = randomUUID()) => {
      const body = JSON.stringify({ type: 'thing.made', number });
      const headers = { ...signedAsGeneric(body, secret), 'idempotency-key': key };
      const { status, json } = await mira.send(new URL(url).pathname, body, headers);
      return { status, duplicate: json['duplicate'] };
    };
    return { tenantId, apiKey, routeId: route.id, send };
  }

  const dataOf = async (path: string, apiKey: string) =>
    (await mira.get(`/api/v1/${path}`, { apiKey })).json['data'] as Record<string, unknown>[];
  const statusesOf = async ({ apiKey }: Customer) =>
    (await dataOf('deliveries?limit=100', apiKey)).map(({ status }) => status);

  it('has a copy of some tables on every server, and the others by tenant', async () => {
    const tables = (await mira.sql(`
      SELECT logicalrelid::text AS name, partmethod = 'n' AS is_copied FROM pg_dist_partition`)) as {
      name: string;
      is_copied: boolean;
    }[];
    expect(
      tables
        .filter(({ is_copied }) => is_copied)
        .map(({ name }) => name)
        .sort(),
    ).toEqual([...REFERENCE_TABLES.keys()].sort());
    if (started.workers.length === 0) return;
    const places = await mira.sql(`
      SELECT DISTINCT s.nodeport FROM tenants t
      JOIN citus_shards s ON s.shardid = get_shard_id_for_distribution_column('webhook_events', t.id)`);
    expect(places.length).toBeGreaterThan(1);
  });

  it('has nothing left to distribute', async () => {
    const steps: string[] = [];
    await distribute(mira.mira.app.get(DataSource), (step) => steps.push(step));
    expect(steps).toEqual([]);
  });

  it('stores, tells repetitions and delivers, for many tenants at the same time', async () => {
    // The first statement of a connection waits for others to be made between the servers.
    for (const { send } of customers) await eventually(async () => expect((await send(0, 'key-0')).status).toBe(202));
    const sent = await Promise.all(customers.flatMap(({ send }) => [1, 2, 3, 4].map((n) => send(n, `key-${n}`))));
    expect(new Set(sent.map(({ status }) => status))).toEqual(new Set([202]));
    const again = await Promise.all(customers.map(({ send }) => send(0, 'key-0')));
    expect(again).toEqual(customers.map(() => ({ status: 200, duplicate: true })));
    for (const customer of customers) {
      await eventually(async () => expect(await statusesOf(customer)).toEqual(Array(5).fill('delivered')), 30_000);
    }
    expect(receiver.calls).toHaveLength(5 * TENANTS);
  });

  it('keeps the order of a route', () => {
    const [{ tenantId } = { tenantId: '' }] = customers;
    const numbers = receiver.calls
      .filter(({ path }) => path === `/${tenantId}`)
      .map(({ headers }) => String(headers['x-mira-event-id']));
    expect(numbers).toEqual(numbers.toSorted());
  });

  it('tries again what a receiver did not take', async () => {
    const [, customer] = customers;
    if (!customer) throw new Error('there are several');
    receiver.willAnswer(answering(503));
    expect((await customer.send(9)).status).toBe(202);
    await eventually(async () => expect(await statusesOf(customer)).toContain('queued'));
    receiver.willAnswer(answering(204));
    await eventually(async () => expect(new Set(await statusesOf(customer))).toEqual(new Set(['delivered'])), 30_000);
  });

  it('keeps tenants apart, also on the other servers', async () => {
    const [one, other] = customers;
    if (!one || !other) throw new Error('there are several');
    const events = await dataOf('events?limit=100', one.apiKey);
    expect(events).toHaveLength(5);
    expect((await mira.get(`/api/v1/routes/${one.routeId}`, { apiKey: other.apiKey })).status).toBe(404);
    for (const worker of started.workers) {
      const client = new Client({ connectionString: worker });
      await client.connect();
      try {
        await client.query('BEGIN; SET LOCAL ROLE mira_tenant');
        expect((await client.query('SELECT FROM webhook_events')).rowCount).toBe(0);
      } finally {
        await client.end();
      }
    }
  });

  it('has books without a gap, and trails as they were written', async () => {
    const dataSource = mira.mira.app.get(DataSource);
    const { gaps, tenants } = await readLedger(dataSource, { only: null, withIntegrations: true });
    expect({ gaps, count: tenants.length }).toEqual({ gaps: [], count: TENANTS + 1 });
    const lines: string[] = [];
    const cipher = new SecretCipher(Buffer.alloc(32, 7));
    const isValid = await verifyTrails(
      dataSource,
      cipher,
      undefined,
      { out: (line) => lines.push(line) },
      started.target,
    );
    expect(isValid).toBe(true);
    expect(lines.filter((line) => /valid +[1-9]\d* entries/.test(line))).toHaveLength(TENANTS / 2);
  });

  it('takes away who somebody was, and old entries, and trails stay valid', async () => {
    const [{ tenantId } = { tenantId: '' }] = customers;
    const keeper = mira.mira.app.get(AuditKeeper);
    const [user] = await mira.sql('SELECT id FROM users WHERE tenant_id = $1', [tenantId]);
    expect(await keeper.erase(tenantId, String(user?.['id']))).toBe(3);
    expect(await keeper.prune(tenantId, new Date())).toBe(3);
    expect(await mira.sql('SELECT FROM audit_logs WHERE tenant_id = $1', [tenantId])).toEqual([]);
  });

  it('deletes a tenant with all of its rows', async () => {
    const [, , customer] = customers;
    if (!customer) throw new Error('there are several');
    const path = `/api/v1/tenants/${customer.tenantId}?confirm=Another`;
    const { status, json } = await mira.call('DELETE', path);
    expect({ status, deleted: json['deleted'] }).toEqual({
      status: 200,
      deleted: expect.objectContaining({ webhook_events: 5, deliveries: 5, delivery_attempts: 5, users: 1 }),
    });
    const left = await mira.sql('SELECT FROM webhook_events WHERE tenant_id = $1', [customer.tenantId]);
    expect(left).toEqual([]);
  });

  it('takes away what was kept long enough, of all servers, and has books without a gap still', async () => {
    const dataSource = mira.mira.app.get(DataSource);
    const config = new MiraConfig();
    Object.assign(config.webhook, { retention_days: 1 });
    const metrics = new MetricsService(config, new BenchmarkRegistry());
    const clock = new UsageClock();
    jest.spyOn(clock, 'now', 'get').mockReturnValue(`now() + interval '2 days'`);
    const retention = new EventRetention(config, dataSource, started.target, new Turns(dataSource), clock, metrics);
    expect(await retention.removeExpired()).toBeGreaterThanOrEqual(5 * (TENANTS - 1));
    expect(await mira.sql(`SELECT FROM webhook_events WHERE service = 'generic'`)).toEqual([]);
    expect((await readLedger(dataSource, { only: null, withIntegrations: true })).gaps).toEqual([]);
  });
}
