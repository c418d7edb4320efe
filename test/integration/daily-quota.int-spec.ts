import { AgentRegistry } from '../../src/agent/agent.registry';
import { loadConfig } from '../../src/config/load-config';
import { GroupCommit } from '../../src/database/group-commit';
import { newId } from '../../src/database/new-id';
import { DAILY_WEBHOOKS, HeldQuotas, holdingQuota } from '../../src/enterprise/plan/held-quotas';
import { UsageClock } from '../../src/enterprise/usage/usage.clock';
import { DeliveryQueue } from '../../src/webhook/delivery/queue/delivery.queue';
import { DedupKeys } from '../../src/webhook/ingest/dedup.keys';
import { EventWriter } from '../../src/webhook/ingest/event.writer';
import type { IncomingEvent, Stored } from '../../src/webhook/ingest/incoming-event';
import { describeOnEachDatabase } from '../support/databases';
import { SetClock } from '../support/set-clock';
import { anIncomingEvent } from '../support/incoming-event';

const config = loadConfig({ env: {}, cwd: '/nowhere' });
const BASIC_LIMIT = 1_000;

describeOnEachDatabase('the daily quota', (database) => {
  let queue: DeliveryQueue;

  beforeAll(async () => {
    const { dataSource, target } = database();
    queue = new DeliveryQueue(config, dataSource, target);
    await queue.onModuleInit();
  });
  afterAll(() => queue.onApplicationShutdown());

  const sql = (text: string, values: unknown[] = []) => database().dataSource.query(text, values);

  /** One writer is one process. */
  const aWriter = (clock = new UsageClock()): EventWriter => {
    const { dataSource, tenants } = database();
    return new EventWriter(tenants, new AgentRegistry(), queue, new DedupKeys(dataSource, tenants), clock);
  };

  /** A tenant of the basic tier that may still receive `left` webhooks today, or on the clock's day. */
  async function aTenant(left: number, clock = new UsageClock()): Promise<string> {
    const id = newId();
    await sql(`INSERT INTO tenants (id, name, tier) VALUES ($1, 'T', 'basic')`, [id]);
    await sql(
      `INSERT INTO routes (tenant_id, id, name, service, event_types, target_kind, agent_name)
       VALUES ($1, $2, 'pushes', 'github', '{push}', 'agent', 'an_agent')`,
      [id, newId()],
    );
    await sql(
      `INSERT INTO usage_counters (tenant_id, metric, period, starts_on, count)
       VALUES ($1, 'webhooks_received', 'day', ${clock.today}, $2)`,
      [id, BASIC_LIMIT - left],
    );
    return id;
  }

  const events = (tenantId: string, count: number, more: Partial<IncomingEvent> = {}) =>
    Array.from({ length: count }, () => anIncomingEvent({ tenantId, ...more }));

  const tally = (stored: readonly Stored[]) =>
    Object.fromEntries([...Map.groupBy(stored, ({ kind }) => kind)].map(([kind, all]) => [kind, all.length]));

  async function countOf(table: string, tenantId: string): Promise<number> {
    const [row] = await sql(`SELECT count(*)::int AS n FROM ${table} WHERE tenant_id = $1`, [tenantId]);
    return row.n;
  }

  async function counted(tenantId: string, period: string, metric = 'webhooks_received'): Promise<number[]> {
    const rows = await sql(
      `SELECT count::int AS n FROM usage_counters WHERE tenant_id = $1 AND period = $2 AND metric = $3
       ORDER BY starts_on`,
      [tenantId, period, metric],
    );
    return rows.map(({ n }: { n: number }) => n);
  }

  it('takes as many as are left of it, and tells the others what is so', async () => {
    const tenantId = await aTenant(3);
    const stored = await aWriter().write(events(tenantId, 5));
    expect(stored.map(({ kind }) => kind)).toEqual(['accepted', 'accepted', 'accepted', 'over_quota', 'over_quota']);
    expect(stored.at(-1)).toMatchObject({ limit: 1_000, used: 1_000, tier: 'basic', neededTier: 'professional' });
    expect([await countOf('webhook_events', tenantId), await countOf('deliveries', tenantId)]).toEqual([3, 3]);
    expect(await counted(tenantId, 'day')).toEqual([1_000]);
    expect([await counted(tenantId, 'month'), await counted(tenantId, 'total')]).toEqual([[3], [3]]);
  });

  it('is exact where several processes write at once, in groups of all sizes', async () => {
    const tenantId = await aTenant(97);
    const other = await aTenant(1_000);
    const writers = [aWriter(), aWriter(), aWriter(), aWriter()];
    const results = await Promise.all(
      writers.flatMap((writer, n) =>
        [1, 7, 13, 29].map((size) => writer.write([...events(other, n + 1), ...events(tenantId, size)])),
      ),
    );
    expect(tally(results.flat())).toEqual({ accepted: 97 + 40, over_quota: 200 - 97 });
    expect(await countOf('webhook_events', tenantId)).toBe(97);
    expect(await counted(tenantId, 'day')).toEqual([1_000]);
    expect(await countOf('webhook_events', other)).toBe(40);
  });

  it('is exact behind the group commits of several processes', async () => {
    const tenantId = await aTenant(50);
    const commits = [aWriter(), aWriter(), aWriter()].map(
      (writer) =>
        new GroupCommit<IncomingEvent, Stored>({
          commit: (group) => writer.write(group),
          maxGroup: 16,
          weightOf: () => 1,
          maxGroupBytes: 1_000,
          maxConcurrent: 2,
          maxWaitMs: 30_000,
          maxWaiting: 1_000,
          maxWaitingBytes: 1_000,
          isRowFault: () => false,
        }),
    );
    const stored = await Promise.all(
      commits.flatMap((commit) => events(tenantId, 40).map((event) => commit.submit(event))),
    );
    expect(tally(stored)).toEqual({ accepted: 50, over_quota: 70 });
    expect(await countOf('webhook_events', tenantId)).toBe(50);
  });

  it('costs nothing for a duplicate, before and after it is used up', async () => {
    const tenantId = await aTenant(2);
    const same = () => anIncomingEvent({ tenantId, dedupKey: 'same' });
    const first = await aWriter().write([same(), same()]);
    expect(tally(first)).toEqual({ accepted: 1, duplicate: 1 });
    const second = await aWriter().write([same(), ...events(tenantId, 1), same(), ...events(tenantId, 1), same()]);
    expect(second.map(({ kind }) => kind)).toEqual(['duplicate', 'accepted', 'duplicate', 'over_quota', 'duplicate']);
    expect(await counted(tenantId, 'day')).toEqual([1_000]);
    expect(tally(await aWriter().write([same()]))).toEqual({ duplicate: 1 });
  });

  it('refuses both of two with one key where there is no room, and takes the key when there is', async () => {
    const clock = new SetClock('2026-03-01T23:59:59.9Z');
    const tenantId = await aTenant(0, clock);
    const keyed = () => anIncomingEvent({ tenantId, dedupKey: 'later' });
    expect(tally(await aWriter(clock).write([keyed(), keyed()]))).toEqual({ over_quota: 2 });
    expect([await countOf('webhook_dedup_keys', tenantId), await countOf('deliveries', tenantId)]).toEqual([0, 0]);
    clock.set('2026-03-02T00:00:00Z');
    expect(tally(await aWriter(clock).write([keyed(), keyed()]))).toEqual({ accepted: 1, duplicate: 1 });
  });

  it('counts what it refuses, each time that it comes, and not what was there already', async () => {
    const [tenantId, other] = [await aTenant(1), await aTenant(0)];
    const keyed = () => anIncomingEvent({ tenantId, dedupKey: 'first' });
    await aWriter().write([keyed(), ...events(tenantId, 2), ...events(other, 3)]);
    await Promise.all([aWriter().write([keyed(), ...events(tenantId, 4)]), aWriter().write(events(other, 5))]);
    for (const period of ['day', 'month', 'total']) {
      expect(await counted(tenantId, period, 'webhooks_refused')).toEqual([6]);
      expect(await counted(other, period, 'webhooks_refused')).toEqual([8]);
    }
  });

  it('asks for no attempt of what it refuses', async () => {
    const tenantId = await aTenant(0);
    const jobs = async () => (await sql('SELECT count(*)::int AS n FROM pgboss.job'))[0].n;
    const before = await jobs();
    await aWriter().write(events(tenantId, 4));
    expect(await jobs()).toBe(before);
  });

  it('holds nobody up for those who have used it up, nor for those who have none', async () => {
    const tenantId = await aTenant(0);
    // A row that was locked, or written as it was, is another version of itself from then on.
    const version = async (of: string) =>
      sql(`SELECT metric, ctid::text, xmax::text, count FROM usage_counters WHERE tenant_id = $1`, [of]);
    const remaining = async (of: string) => {
      const options = { preamble: holdingQuota(DAILY_WEBHOOKS, new UsageClock(), [of]), timeoutMs: 5_000 };
      return database().tenants.groupTransaction([of], options, async (_client, held) =>
        new HeldQuotas(DAILY_WEBHOOKS, held).remaining(of),
      );
    };
    expect(tally(await aWriter().write(events(tenantId, 3)))).toEqual({ over_quota: 3 });
    const before = await version(tenantId);
    expect(await remaining(tenantId)).toBe(0);
    expect(await version(tenantId)).toEqual(before);

    const unlimited = newId();
    await sql(`INSERT INTO tenants (id, name, tier) VALUES ($1, 'T', 'enterprise')`, [unlimited]);
    expect(await remaining(unlimited)).toBeNull();
    expect(await version(unlimited)).toEqual([]);
  });

  it('begins anew at midnight UTC', async () => {
    const clock = new SetClock('2026-02-28T23:59:59.999Z');
    const tenantId = await aTenant(1, clock);
    const before = await aWriter(clock).write(events(tenantId, 2));
    expect(before.map(({ kind }) => kind)).toEqual(['accepted', 'over_quota']);
    expect(before[1]).toMatchObject({ resetsAt: new Date('2026-03-01T00:00:00Z'), now: clock.date });
    clock.set('2026-03-01T00:00:00Z');
    const after = await aWriter(clock).write(events(tenantId, 2));
    expect(tally(after)).toEqual({ accepted: 2 });
    expect([await counted(tenantId, 'day'), await counted(tenantId, 'month')]).toEqual([
      [1_000, 2],
      [1, 2],
    ]);
  });

  it('follows the tier, and what was agreed until it ends', async () => {
    const clock = new SetClock('2026-03-01T10:00:00Z');
    const tenantId = await aTenant(0, clock);
    const kindOfOne = async () => (await aWriter(clock).write(events(tenantId, 1)))[0]?.kind;
    expect(await kindOfOne()).toBe('over_quota');
    await sql(
      `INSERT INTO plan_overrides (tenant_id, name, max, ends_at) VALUES ($1, 'max_webhooks_per_day', 1002, $2)`,
      [tenantId, new Date('2026-03-01T12:00:00Z')],
    );
    expect([await kindOfOne(), await kindOfOne(), await kindOfOne()]).toEqual(['accepted', 'accepted', 'over_quota']);
    await sql(`UPDATE plan_overrides SET max = -1 WHERE tenant_id = $1`, [tenantId]);
    expect(await kindOfOne()).toBe('accepted');
    clock.set('2026-03-01T12:00:00Z');
    expect(await kindOfOne()).toBe('over_quota');
    await sql(`UPDATE tenants SET tier = 'enterprise' WHERE id = $1`, [tenantId]);
    expect(await kindOfOne()).toBe('accepted');
    await sql(`UPDATE tenants SET tier = 'basic' WHERE id = $1`, [tenantId]);
    expect(await kindOfOne()).toBe('over_quota');
    expect(await counted(tenantId, 'day')).toEqual([1_004]);
  });

  it('does not hold up the others of a group for a tenant that has just gone', async () => {
    const [gone, tenantId] = [newId(), await aTenant(5)];
    expect(tally(await aWriter().write([...events(gone, 1), ...events(tenantId, 1)]))).toEqual({ accepted: 2 });
    expect(tally(await aWriter().write(events(gone, 1)))).toEqual({ accepted: 1 });
  });
});
