import { newId } from '../../database/new-id';
import type { IncomingEvent } from './incoming-event';
import { routingFrom, RoutingMemory, routingOf, type RoutingRow } from './routing.memory';

const [a, b] = [newId(), newId()];
const unlimited = () => false;

function aRow(tenantId: string, service: string, version = '1', id = newId()): RoutingRow {
  return { tenant_id: tenantId, version, id, service, event_types: [], filter: null, ordered: false };
}

const noRoute = (tenantId: string): RoutingRow => ({ ...aRow(tenantId, ''), id: null });
const anEvent = (tenantId: string, service: string) => ({ tenantId, service }) as IncomingEvent;

describe('what is remembered of routes', () => {
  let sut: RoutingMemory;
  beforeEach(() => {
    sut = new RoutingMemory();
  });

  const recalled = (...events: IncomingEvent[]) => {
    const routing = sut.recall(events);
    return routing && { versions: routing.versions, rules: routing.rulesOf(a).map(({ service }) => service) };
  };

  it('is nothing at first, nor of services and tenants that were not asked for', () => {
    expect(recalled(anEvent(a, 'github'))).toBeNull();
    sut.remember([aRow(a, 'github')], ['github'], unlimited);
    expect(recalled(anEvent(a, 'github'), anEvent(a, 'github'))).toEqual({ versions: [[a, '1']], rules: ['github'] });
    expect(recalled(anEvent(a, 'stripe'))).toBeNull();
    expect(recalled(anEvent(a, 'github'), anEvent(b, 'github'))).toBeNull();
  });

  it('is also that there is no route', () => {
    sut.remember([noRoute(a)], ['github'], unlimited);
    expect(recalled(anEvent(a, 'github'))).toEqual({ versions: [[a, '1']], rules: [] });
  });

  it('adds up over services of one version, and begins anew with another', () => {
    sut.remember([aRow(a, 'github')], ['github'], unlimited);
    sut.remember([aRow(a, 'stripe')], ['stripe'], unlimited);
    expect(recalled(anEvent(a, 'github'), anEvent(a, 'stripe'))?.rules).toEqual(['github', 'stripe']);
    sut.remember([aRow(a, 'stripe', '2')], ['stripe'], unlimited);
    expect(recalled(anEvent(a, 'stripe'))?.versions).toEqual([[a, '2']]);
    expect(recalled(anEvent(a, 'github'))).toBeNull();
  });

  it('is nothing of tenants that have a limit, and no more of those that get one', () => {
    sut.remember([aRow(a, 'github'), aRow(b, 'github')], ['github'], (tenantId) => tenantId === b);
    expect(recalled(anEvent(b, 'github'))).toBeNull();
    sut.remember([aRow(a, 'github')], ['github'], () => true);
    expect(recalled(anEvent(a, 'github'))).toBeNull();
  });

  it('is forgotten when told so', () => {
    sut.remember([aRow(a, 'github')], ['github'], unlimited);
    sut.forget([a, b]);
    expect(recalled(anEvent(a, 'github'))).toBeNull();
  });

  it('is bounded, in tenants and in routes', () => {
    for (let n = 0; n < 5_000; n++) sut.remember([noRoute(newId())], ['github'], unlimited);
    sut.remember([noRoute(a)], ['github'], unlimited);
    const many = Array.from({ length: 9_000 }, () => aRow(b, 'github'));
    sut.remember(many, ['github'], unlimited);
    expect(recalled(anEvent(a, 'github'), anEvent(b, 'github'))).not.toBeNull();
    sut.remember([...many, ...many.slice(0, 500)], ['github'], unlimited);
    expect(recalled(anEvent(a, 'github'))).not.toBeNull();
    sut.remember(
      many.map((row) => ({ ...row, service: 'stripe' })),
      ['stripe'],
      unlimited,
    );
    expect(recalled(anEvent(a, 'github'))).toBeNull();
    expect(recalled(anEvent(b, 'stripe'))).not.toBeNull();
  });
});

it('is read in one statement, which takes no names but plain ones', () => {
  expect(() => routingOf([a], ["x'; DROP TABLE routes"])).toThrow(/named in lower-case/);
  expect(routingOf([a, b], ['github', 'n8n'])).toContain(`IN ('github', 'n8n')`);
  expect(routingFrom([aRow(a, 'github'), noRoute(b)]).versions.map(([tenantId]) => tenantId)).toEqual([a, b]);
});
