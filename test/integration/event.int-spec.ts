import { Problem } from '@mira/problem';
import { newId } from '../../src/database/new-id';
import { Delivery, type DeliveryStatus } from '../../src/webhook/delivery/delivery.entity';
import { DeliveryRepository } from '../../src/webhook/delivery/delivery.repository';
import { EventRepository } from '../../src/webhook/event/event.repository';
import { EventService } from '../../src/webhook/event/event.service';
import { ListEventsQuery } from '../../src/webhook/event/list-events.dto';
import { WebhookEvent } from '../../src/webhook/event/webhook-event.entity';
import { LOOKED_AT } from '../../src/webhook/event/event.search';
import { idAt } from '../support/id-at';
import { describeOnEachDatabase } from '../support/databases';

interface StoredEvent {
  service?: string;
  eventType?: string | null;
  endpointId?: string | null;
  contentType?: string | null;
  body?: Buffer;
  receivedAt?: Date;
  /** One delivery for each. */
  deliveries?: DeliveryStatus[];
}

function query(filters: Partial<ListEventsQuery> = {}): ListEventsQuery {
  return Object.assign(new ListEventsQuery(), filters);
}

describeOnEachDatabase(
  'events',
  (database) => {
    let sut: EventService;
    let tenantId: string;
    let otherTenantId: string;

    beforeAll(() => {
      sut = new EventService(database().tenants, new EventRepository(), new DeliveryRepository());
    });

    beforeEach(() => {
      [tenantId, otherTenantId] = [newId(), newId()];
    });

    async function stored(event: StoredEvent = {}, owner = tenantId): Promise<string> {
      const receivedAt = event.receivedAt ?? new Date();
      const id = event.receivedAt ? idAt(receivedAt.getTime()) : newId();
      await database().dataSource.query(
        `INSERT INTO webhook_events (tenant_id, id, endpoint_id, service, event_type, dedup_key, content_type, headers,
           body, received_at)
         VALUES ($1, $2, $3, $4, $5, 'delivery-1', $6, '{"user-agent": "GitHub-Hookshot/1"}', $7, $8)`,
        [
          owner,
          id,
          event.endpointId ?? null,
          event.service ?? 'github',
          event.eventType === undefined ? 'push' : event.eventType,
          event.contentType === undefined ? 'application/json' : event.contentType,
          event.body ?? Buffer.from('{}'),
          receivedAt,
        ],
      );
      for (const status of event.deliveries ?? []) await deliveryOf(id, status, owner);
      return id;
    }

    async function deliveryOf(eventId: string, status: DeliveryStatus, owner = tenantId): Promise<void> {
      await database().dataSource.query(
        `INSERT INTO deliveries (tenant_id, id, event_id, agent_name, status, created_at)
         VALUES ($1, $2, $3, 'librarian', $4, now())`,
        [owner, newId(), eventId, status],
      );
    }

    const listed = async (filters: Partial<ListEventsQuery>) =>
      (await sut.list(tenantId, query(filters))).data.map(({ id }) => id);

    it('are listed newest first, page after page', async () => {
      const ids: string[] = [];
      for (let n = 0; n < 5; n += 1) ids.unshift(await stored());
      const seen: string[][] = [];
      let cursor: string | undefined;
      do {
        const page = await sut.list(tenantId, query({ limit: 2, cursor }));
        seen.push(page.data.map(({ id }) => id));
        cursor = page.next_cursor ?? undefined;
      } while (cursor);
      expect(seen).toEqual([ids.slice(0, 2), ids.slice(2, 4), ids.slice(4)]);
    });

    it('show what they are, without headers and body', async () => {
      const receivedAt = new Date('2026-11-22T10:00:00.123Z');
      const endpointId = newId();
      const id = await stored({ receivedAt, endpointId, body: Buffer.from('größe') });
      expect((await sut.list(tenantId, query())).data).toEqual([
        {
          id,
          service: 'github',
          event_type: 'push',
          endpoint_id: endpointId,
          dedup_key: 'delivery-1',
          content_type: 'application/json',
          body_bytes: 7,
          received_at: '2026-11-22T10:00:00.123Z',
          status: 'unrouted',
        },
      ]);
    });

    it.each<[string, DeliveryStatus[]]>([
      ['unrouted', []],
      ['pending', ['queued']],
      ['pending', ['held']],
      ['pending', ['delivered', 'dead', 'queued']],
      ['pending', ['held', 'dead']],
      ['dead', ['dead']],
      ['dead', ['delivered', 'dead']],
      ['delivered', ['delivered', 'delivered']],
    ])('are %s with deliveries that are %j', async (status, deliveries) => {
      const id = await stored({ deliveries });
      expect(await sut.get(tenantId, id)).toMatchObject({ status });
      for (const each of ['unrouted', 'pending', 'dead', 'delivered'] as const) {
        expect(await listed({ status: each })).toEqual(each === status ? [id] : []);
      }
    });

    it('are found by service, type and time, all together', async () => {
      const at = (time: string) => new Date(`2026-11-22T${time}Z`);
      const early = await stored({ receivedAt: at('08:00:00.000') });
      const late = await stored({ receivedAt: at('20:00:00.000') });
      const issue = await stored({ receivedAt: at('20:00:01.000'), eventType: 'issues' });
      const untyped = await stored({ receivedAt: at('20:00:02.000'), service: 'generic', eventType: null });

      expect(await listed({ service: 'generic' })).toEqual([untyped]);
      expect(await listed({ event_type: 'push' })).toEqual([late, early]);
      expect(await listed({ from: at('20:00:00.000') })).toEqual([untyped, issue, late]);
      expect(await listed({ from: at('20:00:00.001') })).toEqual([untyped, issue]);
      expect(await listed({ to: at('20:00:00.000') })).toEqual([early]);
      expect(await listed({ to: at('20:00:00.001') })).toEqual([late, early]);
      expect(
        await listed({ from: at('08:00:00.000'), to: at('20:00:02.000'), service: 'github', event_type: 'issues' }),
      ).toEqual([issue]);
      expect(await listed({ from: at('21:00:00.000'), to: at('07:00:00.000') })).toEqual([]);
      expect(await listed({ from: new Date('0001-01-01'), to: new Date('9999-12-31') })).toHaveLength(4);
    });

    it('are found by a text in their bodies, in any case, whatever stands there', async () => {
      const found = async (q: string) => listed({ q });
      const json = await stored({ body: Buffer.from('{"name":"Größe","rate":"50%_a"}') });
      const latin1 = await stored({ body: Buffer.concat([Buffer.from('Order 7 '), Buffer.from([0xe9, 0xff, 0])]) });
      const other = await stored({ body: Buffer.from('50 percent'), service: 'generic' });
      expect(await found('GRÖßE')).toEqual([json]);
      expect(await found('"rate":"50%_A"')).toEqual([json]);
      expect(await found('50%')).toEqual([json]);
      expect(await found('50')).toEqual([other, json]);
      expect(await found('order 7')).toEqual([latin1]);
      expect(await found('%')).toEqual([json]);
      expect(await found('\\')).toEqual([latin1]);
      expect(await listed({ q: '50', service: 'generic' })).toEqual([other]);
      expect(await found("nothing'; --")).toEqual([]);
    });

    it('of a rare type are found in one look, however many others came after them', async () => {
      const rare = [await stored({ eventType: 'rare' }), await stored({ eventType: 'rare', service: 'generic' })];
      await database().dataSource.query(
        `INSERT INTO webhook_events (tenant_id, id, service, event_type, headers, body, received_at)
         SELECT $1, overlay($2::text PLACING lpad(n::text, 12, '0') FROM 25)::uuid, 'github', 'push', '{}', '', now()
         FROM generate_series(0, $3) AS n`,
        [tenantId, idAt(Date.now() + 1_000), LOOKED_AT.events],
      );
      const whole = await sut.list(tenantId, query({ event_type: 'rare' }));
      expect(whole).toMatchObject({ next_cursor: null, searched_to: null });
      expect(whole.data.map(({ id }) => id)).toEqual(rare.toReversed());
      expect(await listed({ event_type: 'rare', q: '{}' })).toEqual(rare.toReversed());
      expect(await listed({ event_type: 'rare', service: 'github' })).toEqual([rare[0]]);
      expect(await sut.list(tenantId, query({ service: 'generic' }))).toMatchObject({
        data: [],
        searched_to: expect.any(String),
      });
    });

    it('are searched one bounded look at a time, which says how far it came', async () => {
      const half = Buffer.alloc(LOOKED_AT.bodyBytes / 2 - 1, 'x');
      const [oldest] = [await stored({ body: Buffer.from('needle') }), await stored({ body: half })];
      const reached = await stored({ body: half, receivedAt: new Date(Date.now() + 1_000) });
      const newest = await stored({ body: Buffer.from('needle'), receivedAt: new Date(Date.now() + 2_000) });
      const first = await sut.list(tenantId, query({ q: 'needle' }));
      expect(first.data.map(({ id }) => id)).toEqual([newest]);
      expect(first.next_cursor).not.toBeNull();
      expect(first.searched_to).toBe((await sut.get(tenantId, reached)).received_at);
      const second = await sut.list(tenantId, query({ q: 'needle', cursor: first.next_cursor ?? '' }));
      expect(second).toMatchObject({ data: [{ id: oldest }], next_cursor: null, searched_to: null });
      expect(await sut.list(tenantId, query())).toMatchObject({ searched_to: null });
    });

    it('show their headers and where they went', async () => {
      const id = await stored({ deliveries: ['delivered', 'dead'] });
      const event = await sut.get(tenantId, id);
      expect(event.headers).toEqual({ 'user-agent': 'GitHub-Hookshot/1' });
      expect(event.deliveries.map(({ status, agent, route_id }) => ({ status, agent, route_id }))).toEqual([
        { status: 'delivered', agent: 'librarian', route_id: null },
        { status: 'dead', agent: 'librarian', route_id: null },
      ]);
    });

    it('give their bytes back exactly', async () => {
      const bytes = Buffer.from(Array.from({ length: 256 }, (_, n) => n));
      const id = await stored({ body: bytes, contentType: null });
      expect(await sut.body(tenantId, id)).toEqual({ bytes, contentType: null });
      expect(await sut.body(tenantId, await stored({ body: Buffer.alloc(0) }))).toEqual({
        bytes: Buffer.alloc(0),
        contentType: 'application/json',
      });
    });

    it('are nothing that another tenant could see', async () => {
      const id = await stored({ deliveries: ['dead'] });
      await deliveryOf(id, 'queued', otherTenantId);
      expect((await sut.get(tenantId, id)).status).toBe('dead');
      for (const status of [undefined, 'dead', 'pending'] as const) {
        expect((await sut.list(otherTenantId, query({ status }))).data).toEqual([]);
      }
      const works = [id, newId()].flatMap((each) => [sut.get(otherTenantId, each), sut.body(otherTenantId, each)]);
      for (const outcome of await Promise.allSettled(works)) {
        expect(outcome).toMatchObject({ status: 'rejected', reason: expect.any(Problem) });
        expect(outcome).toMatchObject({ reason: { status: 404, message: 'There is no such event.' } });
      }
    });
  },
  [WebhookEvent, Delivery],
);
