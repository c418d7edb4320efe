import { HoldService } from '../../src/webhook/delivery/hold/hold.service';
import type { DeliveryQueue } from '../../src/webhook/delivery/queue/delivery.queue';
import { aQueue } from '../support/a-queue';
import { describeOnEachDatabase } from '../support/databases';
import { DELIVERED, Delivering, HELD, RETRY } from '../support/delivering';

function first<T>(items: readonly T[]): T {
  const [item] = items;
  if (item === undefined) throw new Error('there is none');
  return item;
}

describeOnEachDatabase('a hold', (database) => {
  let queue: DeliveryQueue;
  let sut: Delivering;
  beforeAll(async () => {
    queue = await aQueue(database());
  });
  afterAll(() => queue.onApplicationShutdown());
  beforeEach(async () => {
    // What is held is looked at for all tenants at once.
    await database().dataSource.query('TRUNCATE holds, deliveries');
    sut = await new Delivering(database(), queue).make();
  });

  /** The hold with its delivery, and others behind it. */
  async function heldBack(behind: number) {
    const [oldest = ''] = await sut.receive(1);
    await sut.endHeld(first(await sut.due()));
    const others = await sut.receive(behind);
    expect(await sut.due()).toEqual([]);
    return { oldest, others, all: [oldest, ...others] };
  }

  /** Lets one go, as the keeper does when n8n says that it is ready. */
  async function probe() {
    await sut.probesAreDue();
    const hold = first(await sut.probes.claim());
    const what = await sut.probes.letOneGo(hold);
    return { what, attempts: await sut.due() };
  }

  it('begins with an attempt that uses up nothing, and holds what falls due after it without any', async () => {
    const { oldest, others } = await heldBack(3);
    expect(await sut.holds()).toMatchObject([
      { scope: 'integration', target_id: sut.integrationId, reason: 'unreachable', probe_count: 0 },
    ]);
    expect(await sut.row(oldest)).toMatchObject({
      status: 'held',
      attempt_count: 1,
      held_attempts: 1,
      next_attempt_at: null,
      attempting_since: null,
      completed_at: null,
    });
    for (const id of others) expect(await sut.row(id)).toMatchObject({ attempt_count: 0, reason: 'It is away.' });
    expect(
      await sut.sql(`SELECT FROM pgboss.job WHERE data ->> 'tenant_id' = $1 AND state = 'created'`, [sut.tenantId]),
    ).toEqual([]);
    const { data } = await new HoldService(database().tenants).list(sut.tenantId, { limit: 50 });
    expect(data).toMatchObject([{ scope: 'integration', target_id: sut.integrationId, held_count: 4 }]);
    expect(data).toMatchObject([{ held_count_is_exact: true }]);
  });

  it('is listed with the number that it keeps back, which is counted up to ten thousand', async () => {
    await heldBack(1);
    await sut.sql(
      `INSERT INTO deliveries (tenant_id, id, event_id, route_id, status, held_for, created_at)
       SELECT $1, gen_random_uuid(), gen_random_uuid(), $2, 'held', 'unreachable', now() FROM generate_series(1, 10100)`,
      [sut.tenantId, sut.routeId],
    );
    const { data } = await new HoldService(database().tenants).list(sut.tenantId, { limit: 50 });
    expect(data).toMatchObject([{ held_count: 10_000, held_count_is_exact: false }]);
  });

  it('keeps all of its attempts, but of those that found the same the last answer alone', async () => {
    const { oldest } = await heldBack(1);
    for (const said of ['second', 'third']) {
      const [attempt] = (await probe()).attempts;
      if (attempt) await sut.endHeld(attempt, said);
    }
    const attempts = () =>
      sut.sql(
        `SELECT number, outcome, convert_from(response_body, 'UTF8') AS body, response_headers IS NOT NULL AS headers
         FROM delivery_attempts WHERE delivery_id = $1 ORDER BY number`,
        [oldest],
      );
    expect(await attempts()).toEqual([
      { number: 1, outcome: 'held', body: null, headers: false },
      { number: 2, outcome: 'held', body: null, headers: false },
      { number: 3, outcome: 'held', body: 'third', headers: true },
    ]);
    await sut.end(first((await probe()).attempts), DELIVERED);
    expect(await attempts()).toMatchObject([{}, {}, { body: 'third' }, { number: 4, outcome: 'delivered' }]);
  });

  it('lets exactly the oldest go to find out, and once it came through all others, the oldest first', async () => {
    const { oldest, others } = await heldBack(3);
    const { what, attempts } = await probe();
    expect([what, attempts.map(({ delivery: { id, isProbe } }) => [id, isProbe])]).toEqual(['sent', [[oldest, true]]]);
    expect(await sut.releaser.release()).toBe(0);
    await sut.end(first(attempts), DELIVERED);
    expect(await sut.holds()).toEqual([]);
    expect(await sut.releaser.release()).toBe(3);
    expect(await sut.dueIds()).toEqual(others);
    expect(await sut.row(oldest)).toMatchObject({ attempt_count: 2, held_attempts: 1, held_for: null });
  });

  it('goes on, with a longer wait each time, where the probe finds the same', async () => {
    const { oldest } = await heldBack(1);
    const waits: number[] = [];
    for (let count = 1; count <= 3; count++) {
      await sut.endHeld(first((await probe()).attempts));
      const [hold] = await sut.sql(
        'SELECT probe_count, probe_delivery_id, extract(epoch FROM probe_at - now())::float8 AS wait FROM holds WHERE tenant_id = $1',
        [sut.tenantId],
      );
      expect(hold).toMatchObject({ probe_count: count, probe_delivery_id: null });
      waits.push(Math.round(hold.wait / 2) * 2);
    }
    expect(waits).toEqual([16, 30, 30]);
    expect(await sut.row(oldest)).toMatchObject({ status: 'held', attempt_count: 4, held_attempts: 4 });
    expect(await sut.releaser.release()).toBe(0);
  });

  it('is over with any outcome of its probe that is none', async () => {
    await heldBack(1);
    await sut.end(first((await probe()).attempts), RETRY);
    expect(await sut.holds()).toEqual([]);
  });

  it('gives way to a hold of the route where the probe finds that', async () => {
    await heldBack(1);
    const attempt = first((await probe()).attempts);
    const opens = { scope: 'route', targetId: sut.routeId, reason: 'not_registered', detail: 'no' } as const;
    await sut.end(attempt, { ...HELD, heldFor: 'not_registered', scope: 'route' }, opens);
    expect(await sut.holds()).toMatchObject([{ scope: 'route', reason: 'not_registered' }]);
    expect(await sut.releaser.release()).toBe(0);
  });

  it('is probed by one process at a time, and again when that one died', async () => {
    await heldBack(0);
    await sut.probesAreDue();
    const claims = await Promise.all([0, 1, 2, 3].map(() => sut.probes.claim()));
    expect(claims.flat()).toHaveLength(1);
    await sut.probes.letOneGo(first(claims.flat()));
    // Nothing comes of it. When its time is over the next process lets it go anew; the job left behind does no harm.
    const { what, attempts } = await probe();
    expect([what, attempts.length]).toEqual(['sent', 1]);
  });

  it('that nothing waits for is over', async () => {
    const { oldest } = await heldBack(0);
    await sut.sql(`UPDATE deliveries SET status = 'set_aside' WHERE id = $1`, [oldest]);
    expect((await probe()).what).toBe('over');
    expect(await sut.holds()).toEqual([]);
  });

  it('of a process that died between its end and the release leaves nothing behind', async () => {
    const { all } = await heldBack(4);
    await sut.sql('DELETE FROM holds WHERE tenant_id = $1', [sut.tenantId]);
    const releases = await Promise.all([0, 1, 2].map(() => sut.releaser.release()));
    expect(releases.reduce((sum, count) => sum + count, 0)).toBe(5);
    expect((await sut.dueIds()).toSorted()).toEqual(all.toSorted());
  });

  it('no longer holds what its route leads elsewhere, or is gone', async () => {
    await heldBack(2);
    const another = await new Delivering(database(), queue).make();
    await sut.sql(
      `INSERT INTO integrations (tenant_id, id, kind, name, base_url, signing_secret)
       VALUES ($1, $2, 'n8n', 'M', 'http://m', '\\x00')`,
      [sut.tenantId, another.integrationId],
    );
    await sut.sql('UPDATE routes SET integration_id = $2 WHERE id = $1', [sut.routeId, another.integrationId]);
    expect(await sut.releaser.release()).toBe(3);
    await sut.sql(`UPDATE deliveries SET status = 'held', held_for = 'unreachable' WHERE tenant_id = $1`, [
      sut.tenantId,
    ]);
    await sut.sql('DELETE FROM routes WHERE id = $1', [sut.routeId]);
    expect(await sut.releaser.release()).toBe(3);
  });

  it('by hand: a paused route holds what falls due, and lets it go when it is resumed', async () => {
    await sut.sql('UPDATE routes SET paused_at = now() WHERE id = $1', [sut.routeId]);
    const ids = await sut.receive(3);
    expect(await sut.due()).toEqual([]);
    expect(new Set(await sut.states())).toEqual(new Set(['held:route_paused']));
    expect(await sut.releaser.release()).toBe(0);
    await sut.sql('UPDATE routes SET paused_at = NULL WHERE id = $1', [sut.routeId]);
    expect(await sut.releaser.release()).toBe(3);
    expect(await sut.dueIds()).toEqual(ids);
  });
});
