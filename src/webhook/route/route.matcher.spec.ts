import type { FilteredEvent } from './route.filter';
import { matchRoutes, type RoutingRule } from './route.matcher';

function aRule(rule: Partial<RoutingRule>): RoutingRule {
  return { id: 'r', tenantId: 't', service: 'github', eventTypes: [], filter: null, ...rule };
}

function anEvent(event: Partial<FilteredEvent>): FilteredEvent {
  return {
    service: 'github',
    eventType: 'push',
    contentType: 'application/json',
    headers: { 'x-github-event': 'push' },
    body: Buffer.from('{"ref":"refs/heads/main"}'),
    ...event,
  };
}

function matches(event: Partial<FilteredEvent>, rule: Partial<RoutingRule>): boolean {
  return matchRoutes(anEvent(event), [aRule(rule)]).length === 1;
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

describe('a rule with a filter', () => {
  it.each([
    'payload.ref == "refs/heads/main"',
    'headers["X-GitHub-Event"] == "push"',
    'service == "github" and event_type == "push"',
  ])('takes what it matches: %s', (filter) => {
    expect(matches({}, { filter })).toBe(true);
    expect(matches({}, { filter, eventTypes: ['issues'] })).toBe(false);
    expect(matches({}, { filter: `not (${filter})` })).toBe(false);
  });

  it.each([
    ['a form', 'application/x-www-form-urlencoded', 'payload=%7B%22a%22%3A1%7D', 'payload.a == 1'],
    ['fields of a form', 'application/x-www-form-urlencoded', 'a=1&a=2&b=3', 'payload.b == "3" and "2" in payload.a'],
    ['text', 'text/plain', '{"a":1}', 'payload == null and not exists(payload.a)'],
    ['XML', 'application/xml', '<a/>', 'payload == null'],
    ['nothing', null, '', 'payload == null'],
    ['a JSON text', 'application/json', '"a"', 'payload == "a"'],
    ['JSON that is broken', 'application/json', '{', 'payload == null'],
  ])('sees %s', (_what, contentType, body, filter) => {
    expect(matches({ contentType, body: Buffer.from(body) }, { filter })).toBe(true);
  });

  it('that is none takes nothing', () => {
    expect(matches({}, { filter: 'payload.ref ==' })).toBe(false);
  });

  it('that has too much to look at takes nothing', () => {
    const body = Buffer.from(JSON.stringify({ a: 'a'.repeat(1_000_000) }));
    const filter = Array.from({ length: 4 }, () => 'not (payload.a contains "b")').join(' and ');
    expect(matches({ body }, { filter })).toBe(false);
    expect(matches({ body: Buffer.from('{"a":"a"}') }, { filter })).toBe(true);
  });
});

describe('the filters of an event together', () => {
  const text = 'a'.repeat(100_000);
  const body = Buffer.from(JSON.stringify({ text }));
  const looking = 'payload.text contains "b" or payload.text startsWith "a"';
  /** Given in any order, as a database does. */
  const rules = (count: number, filter: string) =>
    Array.from({ length: count }, (_, n) => aRule({ id: `r${String((n * 7) % count).padStart(3, '0')}`, filter }));
  const taken = (of: FilteredEvent, count: number, filter: string) =>
    matchRoutes(of, rules(count, filter)).map(({ id }) => id);

  it('look at so much at most, and those of the youngest routes take nothing', () => {
    const most = taken(anEvent({ body }), 199, looking);
    expect(most.length).toBeGreaterThan(5);
    expect(most.length).toBeLessThan(15);
    expect(most.toSorted()).toEqual(most.map((_, n) => `r${String(n).padStart(3, '0')}`));
    expect(taken(anEvent({ body }), 199, looking)).toEqual(most);
  });

  it('leave routes without a filter alone', () => {
    const all = [...rules(99, looking), aRule({ id: 'z' })];
    expect(matchRoutes(anEvent({ body }), all).map(({ id }) => id)).toContain('z');
  });

  it('are two hundred of the usual kind', () => {
    const usual =
      'payload.action == "opened" and payload.pull_request.draft != true and payload.repository.name in ["a", "b"]' +
      ' and payload.sender.login startsWith "someb" and not (payload.ref matches "refs/tags/*")';
    const opened = { action: 'opened', pull_request: { draft: false }, repository: { name: 'b' } };
    const small = Buffer.from(JSON.stringify({ ...opened, sender: { login: 'somebody' }, ref: 'refs/heads/a' }));
    expect(taken(anEvent({ body: small }), 199, usual)).toHaveLength(199);
  });
});

it('gives every rule that an event falls under, in their order', () => {
  const rules = [
    aRule({ id: 'all' }),
    aRule({ id: 'other', service: 'standard' }),
    aRule({ id: 'pushes', eventTypes: ['push'] }),
    aRule({ id: 'of another branch', filter: 'payload.ref == "refs/heads/next"' }),
    aRule({ id: 'of main', filter: 'payload.ref == "refs/heads/main"' }),
    aRule({ id: 'issues', eventTypes: ['issues'] }),
  ];
  expect(matchRoutes(anEvent({}), rules).map(({ id }) => id)).toEqual(['all', 'pushes', 'of main']);
  expect(matchRoutes(anEvent({}), [])).toEqual([]);
});
