import { childrenFirst, inLockOrder } from './owned-tables';

function order(refers: Record<string, string[]>): string[] {
  return childrenFirst(Object.entries(refers).map(([name, refers_to]) => ({ name, refers_to }))).map(
    ({ name }) => name,
  );
}

describe('the order in which tables are emptied', () => {
  it('puts a table before those that it refers to, over several steps', () => {
    expect(order({ tenants: [], users: ['tenants'], keys: ['users'], events: [] })).toEqual([
      'keys',
      'events',
      'users',
      'tenants',
    ]);
  });

  it('lets a table refer to itself, and to one that is no tenant’s', () => {
    expect(order({ plans: ['tiers'], tree: ['tree', 'plans'] })).toEqual(['tree', 'plans']);
  });

  it('begins with those that are locked in an order', () => {
    const tables = ['deliveries', 'events', 'holds', 'keys', 'route_positions'].map((name) => ({ name }));
    expect(inLockOrder(tables).map(({ name }) => name)).toEqual([
      'holds',
      'route_positions',
      'deliveries',
      'events',
      'keys',
    ]);
  });

  it('says which tables refer to each other in a circle', () => {
    expect(() => order({ a: ['b'], b: ['a'], c: [] })).toThrow('a, b');
  });
});
