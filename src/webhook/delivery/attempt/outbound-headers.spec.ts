import type { DueDelivery } from './due-delivery';
import { keptTraceParent, outboundHeaders, traceParentOf } from './outbound-headers';

const trace = '4bf92f3577b34da6a3ce929d0e0e4736';

function aDelivery(event: Partial<DueDelivery['event']> = {}, attempt = 1): DueDelivery {
  return {
    tenantId: '0190a000-0000-7000-8000-000000000001',
    id: '0190a000-0000-7000-8000-000000000002',
    attempt,
    jobId: '0190a000-0000-7000-8000-00000000000f',
    rejections: 0,
    heldAttempts: 0,
    routeId: null,
    isOrdered: false,
    isProbe: false,
    event: {
      id: '0190a000-0000-7000-8000-000000000003',
      service: 'github',
      eventType: 'push',
      contentType: 'application/json; charset=utf-8',
      body: Buffer.from('{}'),
      traceParent: null,
      receivedAt: new Date(0),
      hops: 0,
      ...event,
    },
    target: { kind: 'none', reason: '' },
  };
}

const sign = { timestampSeconds: 1_700_000_000, signature: 'v1,abc' };

describe('the headers of an attempt', () => {
  it('carry the ids, the signature and the sender’s content type', () => {
    const delivery = aDelivery();
    expect(outboundHeaders(delivery, sign)).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      'webhook-id': delivery.id,
      'webhook-timestamp': '1700000000',
      'webhook-signature': 'v1,abc',
      'x-mira-event-id': delivery.event.id,
      'x-mira-delivery-id': delivery.id,
      'x-mira-attempt': '1',
      'x-mira-service': 'github',
      'x-mira-event-type': 'push',
    });
  });

  it('count one hop more than the event came with', () => {
    expect(outboundHeaders(aDelivery(), sign)['x-mira-hops']).toBe('1');
    expect(outboundHeaders(aDelivery({ hops: 4 }), sign)['x-mira-hops']).toBe('5');
  });

  it('keep their ids over retries', () => {
    const first = outboundHeaders(aDelivery(), sign);
    const second = outboundHeaders(aDelivery({}, 2), sign);
    for (const name of ['webhook-id', 'x-mira-event-id', 'x-mira-delivery-id']) expect(second[name]).toBe(first[name]);
    expect(second['x-mira-attempt']).toBe('2');
  });

  it('leave out what there is none of, and an event type that no header can carry', () => {
    const headers = outboundHeaders(aDelivery({ contentType: null, eventType: 'größer' }), sign);
    expect(headers).not.toHaveProperty('content-type');
    expect(headers).not.toHaveProperty('x-mira-event-type');
  });

  it('name a user agent that n8n does not take for a bot', () => {
    expect(outboundHeaders(aDelivery(), sign)['user-agent']).not.toMatch(/bot/i);
  });
});

describe('traceparent', () => {
  it('goes on with the sender’s trace, under a span of its own', () => {
    const inbound = `00-${trace}-00f067aa0ba902b7-01`;
    const outbound = traceParentOf('d', 1, aDelivery({ traceParent: inbound }).event);
    expect(outbound).toMatch(new RegExp(`^00-${trace}-[0-9a-f]{16}-01$`));
    expect(outbound).not.toContain('00f067aa0ba902b7');
  });

  it('starts a trace from the event’s id where the sender has none, with a span for each attempt', () => {
    const { event } = aDelivery();
    expect(traceParentOf('d', 1, event)).toMatch(/^00-0190a000000070008000000000000003-[0-9a-f]{16}-00$/);
    expect(traceParentOf('d', 1, event)).not.toBe(traceParentOf('d', 2, event));
  });

  it.each([undefined, '', 'nonsense', `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`, `00-${trace}-${'0'.repeat(16)}-01`])(
    'is not kept when it is %j',
    (header) => expect(keptTraceParent(header)).toBeNull(),
  );
});
