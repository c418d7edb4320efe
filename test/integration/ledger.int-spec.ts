import { newId } from '../../src/database/new-id';
import { QuotaAllowance } from '../../src/enterprise/plan/quota.allowance';
import type { DeliveryQueue } from '../../src/webhook/delivery/queue/delivery.queue';
import { aQueue } from '../support/a-queue';
import { describeOnEachDatabase } from '../support/databases';
import { KeptBooks } from '../support/kept-books';

describeOnEachDatabase('the books', (database) => {
  let queue: DeliveryQueue;
  let kept: KeptBooks;
  let tenantId: string;

  beforeAll(async () => {
    queue = await aQueue(database());
    kept = new KeptBooks(database(), queue);
  });
  afterAll(() => queue.onApplicationShutdown());

  const sql = (text: string, values: unknown[] = []) => database().dataSource.query(text, values);
  const books = (only: string | null = tenantId, withIntegrations = true) => kept.read(only, withIntegrations);
  const gapsOf = () => kept.gapsOf(tenantId);

  beforeEach(async () => {
    tenantId = await kept.aHistory('professional');
  });

  it.each(['professional', 'enterprise'])('of an honest history of the tier %s have no gap', async (tier) => {
    tenantId = await kept.aHistory(tier);
    const { tenants, gaps } = await books();
    expect(gaps).toEqual([]);
    const refused = tier === 'enterprise' ? 0 : 2;
    const sums = (count: number) => ({ total: count, by_day: count, by_month: count });
    expect(tenants).toEqual([
      {
        tenant_id: tenantId,
        name: 'T',
        received: 5 + refused,
        stored: 5,
        refused,
        removed: { stored: 0, workflows: 0 },
        own_events: 0,
        routed: 5,
        deliveries: 5,
        replayed: 0,
        attempts: 5,
        workflows: 3,
        integrations: 1,
        usage: {
          webhooks_received: sums(5),
          webhooks_refused: sums(refused),
          workflows_executed: sums(3),
          events_synced: sums(0),
          workflows_triggered: sums(0),
          integrations_active: 1,
        },
      },
    ]);
  });

  it('are read for all tenants at once, also those of whom only rows tell, and not of the deleted', async () => {
    const [gone, unknown] = [newId(), newId()];
    await kept.receive([...kept.events(gone, 1), ...kept.events(unknown, 1)]);
    await sql('INSERT INTO deleted_tenants (tenant_id) VALUES ($1)', [gone]);
    const { tenants, gaps } = await books(null);
    const ids = tenants.map(({ tenant_id: id }) => id);
    expect(ids).toEqual(expect.arrayContaining([tenantId, unknown]));
    expect(ids).not.toContain(gone);
    expect(tenants.find(({ tenant_id: id }) => id === unknown)).toMatchObject({ name: null, stored: 1 });
    expect(gaps).toEqual([]);
    expect((await books(unknown)).tenants).toHaveLength(1);
  });

  it('tell workflows that were triggered by hand from deliveries', async () => {
    const allowance = new QuotaAllowance(kept.clock);
    await database().tenants.transaction(tenantId, (manager) => allowance.takeWorkflow(manager, tenantId));
    const { tenants, gaps } = await books();
    expect(gaps).toEqual([]);
    expect(tenants).toMatchObject([
      { workflows: 3, usage: { workflows_executed: { total: 4, by_month: 4 }, workflows_triggered: { by_day: 1 } } },
    ]);
  });

  it('do not mind that a route was deleted', async () => {
    await sql('DELETE FROM routes WHERE tenant_id = $1', [tenantId]);
    expect(await gapsOf()).toEqual([]);
  });

  it('leave out what a replay added, and count events of Mira itself apart', async () => {
    await sql(
      `INSERT INTO deliveries (tenant_id, id, event_id, agent_name, status, created_at, replay_id)
       SELECT tenant_id, gen_random_uuid(), event_id, 'a', 'held', now(), gen_random_uuid()
       FROM deliveries WHERE tenant_id = $1 LIMIT 2`,
      [tenantId],
    );
    await sql(
      `INSERT INTO webhook_events (tenant_id, id, service, headers, body, received_at, routed_count)
       VALUES ($1, $2, 'mira', '{}', '', now(), 0)`,
      [tenantId, newId()],
    );
    const { tenants, gaps } = await books();
    expect(gaps).toEqual([]);
    expect(tenants).toMatchObject([{ stored: 5, own_events: 1, routed: 5, deliveries: 5, replayed: 2 }]);
  });

  describe('name', () => {
    const oneOf = async (column: string, from: string): Promise<string> =>
      (await sql(`SELECT ${column} AS id FROM ${from} ORDER BY 1 LIMIT 1`, [tenantId]))[0].id;

    it('an event that was lost', async () => {
      const id = await oneOf('event_id', 'deliveries WHERE tenant_id = $1');
      await sql('DELETE FROM webhook_events WHERE tenant_id = $1 AND id = $2', [tenantId, id]);
      expect(await gapsOf()).toEqual([
        { check: 'received', expected: 6, found: 7, of: ['webhooks_received'] },
        { check: 'event_missing', expected: 0, found: 1, of: [id] },
      ]);
    });

    it.each([
      ['total', 'received'],
      ['day', 'usage_by_day'],
      ['month', 'usage_by_month'],
    ])('a count that was lost from the %s', async (period, check) => {
      await sql(
        `UPDATE usage_counters SET count = count - 1
         WHERE tenant_id = $1 AND metric = 'webhooks_received' AND period = $2`,
        [tenantId, period],
      );
      expect((await gapsOf()).map((gap) => gap.check)).toContain(check);
    });

    it('a refusal that was not counted everywhere', async () => {
      await sql(
        `DELETE FROM usage_counters WHERE tenant_id = $1 AND metric = 'webhooks_refused' AND period = 'month'`,
        [tenantId],
      );
      expect(await gapsOf()).toEqual([{ check: 'usage_by_month', expected: 2, found: 0, of: ['webhooks_refused'] }]);
    });

    it('a delivery that was lost, with its attempts', async () => {
      const [id, eventId] = [await oneOf('id', `deliveries WHERE tenant_id = $1 AND status = 'delivered'`), ''];
      const [lost] = await sql('SELECT event_id FROM deliveries WHERE id = $1', [id]);
      await sql('DELETE FROM deliveries WHERE tenant_id = $1 AND id = $2', [tenantId, id]);
      expect(eventId).toBe('');
      expect(await gapsOf()).toEqual([
        { check: 'workflows', expected: 2, found: 3, of: ['workflows_executed'] },
        { check: 'routed', expected: 0, found: 1, of: [lost.event_id] },
        { check: 'delivery_missing', expected: 0, found: 1, of: [id] },
      ]);
    });

    it('a delivery too many', async () => {
      const eventId = await oneOf('event_id', 'deliveries WHERE tenant_id = $1');
      await sql(
        `INSERT INTO deliveries (tenant_id, id, event_id, agent_name, status, created_at)
         VALUES ($1, $2, $3, 'a', 'held', now())`,
        [tenantId, newId(), eventId],
      );
      expect(await gapsOf()).toEqual([{ check: 'routed', expected: 0, found: 1, of: [eventId] }]);
    });

    it('an attempt that was lost, and one that was not told of', async () => {
      const id = await oneOf('delivery_id', 'delivery_attempts WHERE tenant_id = $1 AND number = 2');
      await sql('DELETE FROM delivery_attempts WHERE tenant_id = $1 AND delivery_id = $2 AND number = 1', [
        tenantId,
        id,
      ]);
      expect(await gapsOf()).toEqual([{ check: 'attempts', expected: 0, found: 1, of: [id] }]);
      await sql('UPDATE deliveries SET attempt_count = 1 WHERE tenant_id = $1 AND id = $2', [tenantId, id]);
      expect(await gapsOf()).toEqual([{ check: 'attempts', expected: 0, found: 1, of: [id] }]);
    });

    it.each([
      ['delivered', 'dead'],
      ['dead', 'delivered'],
      ['dead', 'succeeded'],
      ['dead', 'failed'],
    ])('a delivery whose last attempt says %s while it says %s', async (said, status) => {
      const id = await oneOf('id', `deliveries WHERE tenant_id = $1 AND status = '${said}'`);
      await sql('UPDATE deliveries SET status = $3 WHERE tenant_id = $1 AND id = $2', [tenantId, id, status]);
      expect(await gapsOf()).toEqual([{ check: 'status', expected: 0, found: 1, of: [id] }]);
    });

    it('a workflow that was counted and not marked', async () => {
      const id = await oneOf('id', 'deliveries WHERE tenant_id = $1 AND workflow_counted');
      await sql('UPDATE deliveries SET workflow_counted = false WHERE tenant_id = $1 AND id = $2', [tenantId, id]);
      expect(await gapsOf()).toEqual([{ check: 'workflows', expected: 2, found: 3, of: ['workflows_executed'] }]);
    });

    it('an integration that was not counted, unless nobody counts them', async () => {
      await sql('UPDATE usage_counters SET count = 0 WHERE tenant_id = $1 AND metric = $2', [
        tenantId,
        'integrations_active',
      ]);
      expect(await gapsOf()).toEqual([{ check: 'integrations', expected: 1, found: 0, of: ['integrations_active'] }]);
      expect((await books(tenantId, false)).gaps).toEqual([]);
    });

    it('a delivery that waits without a job', async () => {
      await sql(`DELETE FROM pgboss.job WHERE data ->> 'tenant_id' = $1`, [tenantId]);
      const waiting = await sql(`SELECT id FROM deliveries WHERE tenant_id = $1 AND status = 'queued' ORDER BY id`, [
        tenantId,
      ]);
      const ids = waiting.map(({ id }: { id: string }) => id);
      expect(ids).toHaveLength(2);
      expect(await gapsOf()).toEqual([{ check: 'queued_without_job', expected: 0, found: 2, of: ids }]);
    });

    it('a dedup key that stands for nothing', async () => {
      const [{ event_id: id }] = await sql('SELECT event_id FROM webhook_dedup_keys WHERE tenant_id = $1', [tenantId]);
      await sql('DELETE FROM deliveries WHERE tenant_id = $1 AND event_id = $2', [tenantId, id]);
      await sql('DELETE FROM webhook_events WHERE tenant_id = $1 AND id = $2', [tenantId, id]);
      expect(await gapsOf()).toEqual([
        { check: 'received', expected: 6, found: 7, of: ['webhooks_received'] },
        { check: 'dedup_key', expected: 0, found: 1, of: [id] },
      ]);
    });
  });
});
