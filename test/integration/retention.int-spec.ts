import { BenchmarkRegistry } from '@mira/benchmark';
import { loadConfig } from '../../src/config/load-config';
import { holdTenant } from '../../src/database/hold-tenant';
import { newId } from '../../src/database/new-id';
import { Turns } from '../../src/database/turns';
import { UsageClock } from '../../src/enterprise/usage/usage.clock';
import { MetricsService } from '../../src/metrics/metrics.service';
import type { DeliveryQueue } from '../../src/webhook/delivery/queue/delivery.queue';
import { WebhookEvent } from '../../src/webhook/event/webhook-event.entity';
import { Integration } from '../../src/n8n/integration.entity';
import { Replay } from '../../src/webhook/replay/replay.entity';
import { EventRetention } from '../../src/webhook/retention/event.retention';
import { Route } from '../../src/webhook/route/route.entity';
import { aQueue } from '../support/a-queue';
import { describeOnEachDatabase } from '../support/databases';
import { eventually } from '../support/eventually';
import { idAt } from '../support/id-at';
import { KeptBooks } from '../support/kept-books';
import { Replaying } from '../support/replaying';
import { by } from '../support/trails';

const DAY_MS = 86_400_000;
const KEPT_DAYS = 3;

class UsageClockAhead extends UsageClock {
  override get now(): string {
    return `now() + interval '${KEPT_DAYS + 1} days'`;
  }
}

describeOnEachDatabase(
  'retention',
  (database) => {
    let queue: DeliveryQueue;
    let kept: KeptBooks;
    let metrics: MetricsService;
    let sut: EventRetention;

    beforeAll(async () => {
      queue = await aQueue(database());
      kept = new KeptBooks(database(), queue);
    });
    afterAll(() => queue.onApplicationShutdown());
    beforeEach(() => {
      [metrics, sut] = keeping(KEPT_DAYS);
    });

    /** Another process, or the same as it is started again. A day after all that was received by now is to go. */
    function keeping(days: number, clock = new UsageClockAhead()): [MetricsService, EventRetention] {
      const config = loadConfig({ env: { MIRA_WEBHOOK_RETENTION_DAYS: String(days) }, cwd: '/nowhere' });
      const counted = new MetricsService(config, new BenchmarkRegistry());
      const { dataSource, target } = database();
      return [counted, new EventRetention(config, dataSource, target, new Turns(dataSource), clock, counted)];
    }

    const count = async (table: string, tenantId: string): Promise<number> =>
      (await kept.sql(`SELECT count(*)::int AS count FROM ${table} WHERE tenant_id = $1`, [tenantId]))[0].count;
    const statuses = async (tenantId: string): Promise<string[]> =>
      (await kept.sql('SELECT status FROM deliveries WHERE tenant_id = $1 ORDER BY status', [tenantId])).map(
        ({ status }: { status: string }) => status,
      );

    it('takes events with all that became of them, and leaves books without a gap', async () => {
      const tenantId = await kept.aHistory('professional');
      const [delivered] = await kept.deliveryIds(tenantId);
      await kept.sql(
        `INSERT INTO delivery_executions (tenant_id, delivery_id, number, execution_id, how, status)
         VALUES ($1, $2, 1, '1', 'webhook', 'succeeded')`,
        [tenantId, delivered],
      );
      await kept.sql(
        `INSERT INTO agent_handled_events (tenant_id, event_id, agent_name)
         SELECT $1, event_id, 'a' FROM deliveries WHERE id = $2`,
        [tenantId, delivered],
      );
      await kept.sql(`UPDATE deliveries SET status = 'dead' WHERE tenant_id = $1 AND attempt_count = 0`, [tenantId]);

      await sut.removeExpired();

      const tables = [
        'webhook_events',
        'deliveries',
        'delivery_attempts',
        'delivery_executions',
        'agent_handled_events',
      ];
      for (const table of tables) expect([table, await count(table, tenantId)]).toEqual([table, 0]);
      const { tenants, gaps } = await kept.read(tenantId);
      expect(gaps).toEqual([]);
      expect(tenants).toMatchObject([{ stored: 0, removed: { stored: 5, workflows: 3 }, received: 7, refused: 2 }]);
    });

    it('keeps an event whole of which something may still come', async () => {
      const tenantId = await kept.aHistory('professional');
      await sut.removeExpired();
      expect(await statuses(tenantId)).toEqual(['queued', 'queued']);
      expect(await count('webhook_events', tenantId)).toBe(2);
      expect(await kept.gapsOf(tenantId)).toEqual([]);

      await kept.sql(`UPDATE deliveries SET status = 'dead' WHERE tenant_id = $1`, [tenantId]);
      await sut.removeExpired();
      expect(await count('webhook_events', tenantId)).toBe(0);
      const { tenants, gaps } = await kept.read(tenantId);
      expect(gaps).toEqual([]);
      expect(tenants).toMatchObject([{ removed: { stored: 5, workflows: 3 } }]);
    });

    it.each([
      ['is held', `status = 'held', held_for = 'paused'`],
      ['is asked after at n8n', `status = 'running', confirm_at = now()`],
      ['is given up at the head of a line', `status = 'dead', position = 1, agent_name = NULL, route_id = $2`],
      ['ended less long ago', `status = 'dead', completed_at = now() + interval '2 days'`],
    ])('keeps an event of which one delivery of two %s', async (_, change) => {
      const tenantId = await kept.aTenant('enterprise');
      await kept.receive(kept.events(tenantId, 1));
      await kept.sql(`UPDATE deliveries SET status = 'delivered' WHERE tenant_id = $1`, [tenantId]);
      const another = newId();
      await kept.sql(
        `INSERT INTO deliveries (tenant_id, id, event_id, agent_name, created_at, replay_id)
         SELECT tenant_id, $2, event_id, 'a', now(), $2 FROM deliveries WHERE tenant_id = $1`,
        [tenantId, another],
      );
      const [route] = await kept.sql('UPDATE routes SET ordered = true WHERE tenant_id = $1 RETURNING id', [tenantId]);
      await kept.sql(`UPDATE deliveries SET ${change} WHERE id = $1 AND $2::uuid IS NOT NULL`, [another, route[0].id]);
      await sut.removeExpired();
      expect(await count('webhook_events', tenantId)).toBe(1);
      expect(await count('deliveries', tenantId)).toBe(2);
    });

    it.each([
      ['keeps no order any more', 'UPDATE routes SET ordered = false WHERE tenant_id = $1'],
      ['is gone', 'DELETE FROM routes WHERE tenant_id = $1'],
    ])('takes what was given up at the head of a line where the route %s', async (_, change) => {
      const tenantId = await kept.aTenant('enterprise');
      await kept.receive(kept.events(tenantId, 1));
      await kept.sql(`UPDATE deliveries SET status = 'dead', position = 1 WHERE tenant_id = $1`, [tenantId]);
      await kept.sql(change, [tenantId]);
      await sut.removeExpired();
      expect(await count('webhook_events', tenantId)).toBe(0);
    });

    it('goes by the time of each event: what is a moment too young stays', async () => {
      const tenantId = await kept.aTenant('enterprise');
      const edge = Date.now() - KEPT_DAYS * DAY_MS;
      const [old, young] = [edge - 120_000, edge + 5_000];
      for (const at of [old, young]) {
        await kept.receive(kept.events(tenantId, 1, { id: idAt(at), receivedAt: new Date(at), service: 'stripe' }));
      }
      await keeping(KEPT_DAYS, new UsageClock())[1].removeExpired();
      const rows = await kept.sql('SELECT received_at FROM webhook_events WHERE tenant_id = $1', [tenantId]);
      expect(rows).toEqual([{ received_at: new Date(young) }]);
    });

    it('comes through more than it takes at once, past those that stay, and counts what went', async () => {
      const tenantId = await kept.aTenant('enterprise');
      await kept.receive(kept.events(tenantId, 450));
      await kept.sql(
        `UPDATE deliveries SET status = 'delivered' WHERE tenant_id = $1 AND id NOT IN (
           SELECT id FROM deliveries WHERE tenant_id = $1 ORDER BY event_id LIMIT 210)`,
        [tenantId],
      );
      await sut.removeExpired();
      expect(await count('webhook_events', tenantId)).toBe(210);
      expect(await metrics.prometheusText()).toMatch(/^mira_events_removed_total (2[4-9]\d|[3-9]\d\d)$/m);
    });

    it('leaves a dedup key as long as it means something, and the books say so', async () => {
      const tenantId = await kept.aTenant('enterprise');
      const [first] = kept.events(tenantId, 1, { dedupKey: 'same' });
      if (!first) throw new Error('there is no event');
      await kept.receive([first]);
      await kept.sql(`UPDATE deliveries SET status = 'delivered' WHERE tenant_id = $1`, [tenantId]);
      await sut.removeExpired();
      expect(await count('webhook_events', tenantId)).toBe(0);
      expect((await kept.read(tenantId)).gaps.filter(({ check }) => check === 'dedup_key')).toEqual([]);
      const [again] = kept.events(tenantId, 1, { dedupKey: 'same' });
      expect(again && (await kept.receive([again]))).toMatchObject([{ kind: 'duplicate', id: first.id }]);
    });

    it('takes nothing where nothing is said of how long', async () => {
      const tenantId = await kept.aTenant('enterprise');
      await kept.receive(kept.events(tenantId, 1, { service: 'stripe' }));
      const [, forever] = keeping(0);
      expect(await forever.removeExpired()).toBe(0);
      expect(await count('webhook_events', tenantId)).toBe(1);
    });

    it('ends early when it is told to', async () => {
      const tenantId = await kept.aTenant('enterprise');
      await kept.receive(kept.events(tenantId, 1, { service: 'stripe' }));
      expect(await sut.removeExpired(AbortSignal.abort())).toBe(0);
      expect(await count('webhook_events', tenantId)).toBe(1);
    });

    describe('beside others', () => {
      const tenants = (number: number): Promise<string[]> =>
        Promise.all(
          Array.from({ length: number }, async () => {
            const tenantId = await kept.aTenant('enterprise');
            await kept.receive(kept.events(tenantId, 450, { service: 'stripe' }));
            return tenantId;
          }),
        );
      const left = async (tenantIds: readonly string[]): Promise<number> =>
        (await Promise.all(tenantIds.map((id) => count('webhook_events', id)))).reduce((sum, one) => sum + one, 0);

      it('leaves it to one process, which comes through all tenants', async () => {
        const all = await tenants(4);
        const removed = await Promise.all(
          [sut, keeping(KEPT_DAYS)[1], keeping(KEPT_DAYS)[1]].map((one) => one.removeExpired()),
        );
        expect(removed.filter((one) => one > 0)).toHaveLength(1);
        expect(await left(all)).toBe(0);
        expect(await kept.sql(`SELECT FROM turns WHERE name = 'retention'`)).toEqual([]);
      });

      it('goes on with the other tenants where one cannot be done', async () => {
        const [first = '', ...others] = (await tenants(3)).toSorted();
        await failing(`OLD.tenant_id = '${first}'`, '22000', async () => {
          await sut.removeExpired();
          expect(await left(others)).toBe(0);
          expect(await left([first])).toBe(450);
        });
        await sut.removeExpired();
        expect(await left([first])).toBe(0);
      });

      it('takes fewer at once where a statement takes too long', async () => {
        const all = await tenants(1);
        await failing('(SELECT count(*) FROM gone) > 60', '57014', async () => {
          await sut.removeExpired();
          expect(await left(all)).toBe(0);
        });
      });

      /** Has the deletion of events fail where it is so. */
      async function failing(condition: string, sqlState: string, work: () => Promise<void>): Promise<void> {
        const isOfRows = condition.includes('OLD');
        const kind = isOfRows ? 'FOR EACH ROW' : 'REFERENCING OLD TABLE AS gone FOR EACH STATEMENT';
        await kept.sql(`
          CREATE FUNCTION refuse_removal() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            IF ${condition} THEN RAISE EXCEPTION 'refused' USING ERRCODE = '${sqlState}'; END IF; RETURN NULL;
          END $$`);
        await kept.sql(
          `CREATE TRIGGER refused AFTER DELETE ON webhook_events ${kind} EXECUTE FUNCTION refuse_removal()`,
        );
        try {
          await work();
        } finally {
          await kept.sql('DROP TRIGGER refused ON webhook_events');
          await kept.sql('DROP FUNCTION refuse_removal()');
        }
      }

      it('waits for a tenant that is being deleted before it locks anything of it', async () => {
        // The embedded database has one transaction at a time.
        if (database().kind === 'embedded') return;
        const tenantId = await kept.aHistory('enterprise');
        const { dataSource } = database();
        const deletion = dataSource.createQueryRunner();
        let removal: Promise<number> | undefined;
        try {
          await deletion.startTransaction();
          await deletion.query('SELECT FROM tenants WHERE id = $1 FOR UPDATE', [tenantId]);
          removal = sut.removeExpired();
          await eventually(async () => {
            const waiting = await kept.sql(
              `SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%KEY SHARE%'`,
            );
            expect(waiting).toHaveLength(1);
          });
          await deletion.query('SELECT FROM deliveries WHERE tenant_id = $1 ORDER BY id FOR UPDATE NOWAIT', [tenantId]);
        } finally {
          await deletion.rollbackTransaction();
          await deletion.release();
          await removal;
        }
      });
    });

    it('takes nothing of a tenant of whom a replay runs, which is to find all that it was begun for', async () => {
      const replaying = new Replaying(database(), queue);
      await replaying.begin();
      const { tenantId } = replaying;
      for (let n = 0; n < 12; n++) await replaying.anEvent();
      const started = await replaying.replays.replayEvents(by(tenantId), { filter: {}, rate_per_second: 1 });
      if ('preview' in started) throw new Error('it was only previewed');
      // It makes the deliveries of ten seconds.
      await replaying.keeper.run();
      await sut.removeExpired();
      expect(await count('webhook_events', tenantId)).toBe(12);

      await kept.sql(`UPDATE replays SET next_start_at = now() - interval '1 hour' WHERE id = $1`, [started.id]);
      await replaying.keeper.run();
      expect(await kept.sql('SELECT state, created FROM replays WHERE id = $1', [started.id])).toEqual([
        { state: 'done', created: 12 },
      ]);
      await kept.sql(`UPDATE deliveries SET status = 'delivered', completed_at = now() WHERE tenant_id = $1`, [
        tenantId,
      ]);
      await sut.removeExpired();
      expect(await count('webhook_events', tenantId)).toBe(0);
    });

    it('lets a replay that came first make its delivery, and keeps its event then', async () => {
      const replaying = new Replaying(database(), queue);
      await replaying.begin();
      const { tenantId } = replaying;
      const event = await replaying.anEvent();
      const { dataSource } = database();
      const replay = dataSource.createQueryRunner();
      try {
        await replay.startTransaction();
        await holdTenant(replay.manager, 'events', tenantId);
        const removal = sut.removeExpired();
        // The embedded database has one transaction at a time, so it waits there by itself.
        if (database().kind === 'server') {
          await eventually(async () => {
            const waiting = await dataSource.query(
              `SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND database = (
                 SELECT oid FROM pg_database WHERE datname = current_database())`,
            );
            expect(waiting).toHaveLength(1);
          });
        }
        await replay.query(
          `INSERT INTO deliveries (tenant_id, id, event_id, route_id, created_at, replay_id)
           VALUES ($1, $2, $3, $4, now(), $2)`,
          [tenantId, newId(), event, replaying.routeId],
        );
        await replay.commitTransaction();
        await removal;
      } finally {
        await replay.release();
      }
      expect(await count('webhook_events', tenantId)).toBe(1);
    });
  },
  [Integration, Replay, Route, WebhookEvent],
);
