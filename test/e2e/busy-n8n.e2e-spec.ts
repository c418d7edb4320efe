import { newId } from '../../src/database/new-id';
import { DeliveryQueue } from '../../src/webhook/delivery/queue/delivery.queue';
import { Orphans } from '../../src/webhook/delivery/queue/orphans';
import { aRouteTo } from '../support/deliveries';
import { eventually } from '../support/eventually';
import { describeMira } from '../support/mira';
import { answering, Receiver } from '../support/receiver';

const BACKLOG = 2_000;
/** So long it works on each request, on one at a time: a hundred in a second. */
const WORK_MS = 10;

/** Takes one after the other, and knows how many waited at a time. */
class OneAfterTheOther {
  most = 0;
  private waiting = 0;
  private last: Promise<void> = Promise.resolve();

  answer(respond: () => void): void {
    this.most = Math.max(this.most, ++this.waiting);
    this.last = this.last.then(async () => {
      await new Promise((resume) => setTimeout(resume, WORK_MS));
      this.waiting--;
      respond();
    });
  }
}

describeMira(
  'an n8n that has more to do than it can',
  (mira) => {
    it('is kept busy and never drowned, while the only event of another tenant gets through', async () => {
      const slow = await Receiver.start();
      const quick = await Receiver.start();
      try {
        const n8n = new OneAfterTheOther();
        slow.willAnswer((response) => n8n.answer(() => response.writeHead(200).end('{}')));
        quick.willAnswer(answering(200));
        const { route, event } = await aRouteTo(mira(), slow.url);
        const [tenant] = await mira().sql('SELECT tenant_id FROM routes WHERE id = $1', [route.id]);
        const before = slow.calls.length;
        await fill(String(tenant?.['tenant_id']), route.id, event);
        await eventually(() => expect(slow.calls.length - before).toBeGreaterThan(100), 60_000);
        const { apiKey } = await mira().addTenant('admin', 'professional');
        const call = { apiKey };
        const config = { base_url: quick.url };
        const { json } = await mira().post('/api/v1/integrations', { kind: 'n8n', name: 'theirs', config }, call);
        const target = { kind: 'n8n', integration_id: json['id'], webhook_path: 'x' };
        await mira().post('/api/v1/routes', { name: 'theirs', service: 'generic', target }, call);
        expect((await mira().post('/webhook/generic', { type: 'a' }, call)).status).toBe(202);
        await eventually(() => expect(quick.calls).toHaveLength(1), 30_000);
        // By then the backlog was far from done: it went past it, not behind it.
        const served = slow.calls.length - before;
        expect(served).toBeLessThan(BACKLOG - 200);
        await eventually(async () => {
          const rows = await mira().sql(
            `SELECT status, attempt_count, count(*)::int AS count FROM deliveries WHERE route_id = $1 GROUP BY 1, 2`,
            [route.id],
          );
          expect(rows).toEqual([
            { status: expect.stringMatching(/delivered|accepted/), attempt_count: 1, count: BACKLOG },
          ]);
        }, 90_000);
        expect(n8n.most).toBeGreaterThan(1);
        expect(n8n.most).toBeLessThanOrEqual(64);
        expect(slow.calls.length - before).toBe(BACKLOG);
      } finally {
        await slow.stop();
        await quick.stop();
      }
    });

    /** As if so many had come in before: faster than by HTTP. */
    async function fill(tenantId: string, routeId: string, eventType: string): Promise<void> {
      const ids = Array.from({ length: BACKLOG }, newId);
      await mira().sql(
        `INSERT INTO webhook_events (tenant_id, id, service, event_type, headers, body, received_at)
         SELECT $1, id, 'github', $3, '{}', '{}', now() FROM unnest($2::uuid[]) AS t (id)`,
        [tenantId, ids, eventType],
      );
      await mira().sql(
        `INSERT INTO deliveries (tenant_id, id, event_id, route_id, next_attempt_at, created_at)
         SELECT $1, id, id, $3, now() - interval '1 hour', now() FROM unnest($2::uuid[]) AS t (id)`,
        [tenantId, ids, routeId],
      );
      while ((await mira().mira.app.get(Orphans).adopt()) > 0);
      mira().mira.app.get(DeliveryQueue).wake();
    }
  },
  { MIRA_DELIVERY_TIMEOUT_MS: '5000' },
);
