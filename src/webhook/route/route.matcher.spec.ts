import { matchRoutes, type RoutingRule } from './route.matcher';

function aRule(rule: Partial<RoutingRule>): RoutingRule {
  return { id: 'r', tenantId: 't', service: 'github', eventTypes: [], ...rule };
}

function matches(event: { service: string; eventType: string | null }, rule: Partial<RoutingRule>): boolean {
  return matchRoutes(event, [aRule(rule)]).length === 1;
}

describe('a rule', () => {
  it('without event types takes every event of its service, also those without a type', () => {
    expect(matches({ service: 'github', eventType: 'push' }, {})).toBe(true);
    expect(matches({ service: 'github', eventType: null }, {})).toBe(true);
  });

  it('takes no event of another service', () => {
    expect(matches({ service: 'generic', eventType: 'push' }, {})).toBe(false);
    expect(matches({ service: 'GitHub', eventType: 'push' }, {})).toBe(false);
  });

  it('with event types takes those, spelled exactly so', () => {
    const rule = { eventTypes: ['push', 'issues'] };
    expect(matches({ service: 'github', eventType: 'issues' }, rule)).toBe(true);
    expect(matches({ service: 'github', eventType: 'Push' }, rule)).toBe(false);
    expect(matches({ service: 'github', eventType: 'push_' }, rule)).toBe(false);
    expect(matches({ service: 'github', eventType: null }, rule)).toBe(false);
  });
});

it('gives every rule that an event falls under, in their order', () => {
  const rules = [
    aRule({ id: 'all' }),
    aRule({ id: 'other', service: 'standard' }),
    aRule({ id: 'pushes', eventTypes: ['push'] }),
    aRule({ id: 'issues', eventTypes: ['issues'] }),
  ];
  expect(matchRoutes({ service: 'github', eventType: 'push' }, rules).map(({ id }) => id)).toEqual(['all', 'pushes']);
  expect(matchRoutes({ service: 'github', eventType: 'push' }, [])).toEqual([]);
});
