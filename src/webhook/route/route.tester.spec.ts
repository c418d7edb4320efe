import type { FilteredEvent } from './route.filter';
import { Route } from './route.entity';
import { testRoute } from './route.tester';

function aRoute(more: Partial<Route>): Route {
  const route = { service: 'github', eventTypes: ['push'], enabled: true, filter: null, pausedAt: null };
  return Object.assign(new Route(), route, more);
}

const event: FilteredEvent = {
  service: 'github',
  eventType: 'push',
  contentType: 'application/json',
  headers: {},
  body: Buffer.from('{"ref":"refs/heads/main","long":"' + 'x'.repeat(500) + '"}'),
};

const failedOf = (more: Partial<Route>, of = event) =>
  testRoute(aRoute(more), of).checks.flatMap(({ check, passed, detail }) => (passed ? [] : [[check, detail]]));

it('takes what passes every check', () => {
  expect(testRoute(aRoute({ filter: 'payload.ref endsWith "main"' }), event)).toEqual({
    takes: true,
    paused: false,
    checks: ['enabled', 'service', 'event_type', 'filter'].map((check) => ({ check, passed: true, detail: null })),
    filter_stopped_at: null,
  });
});

it('says of each check that fails why it does', () => {
  expect(failedOf({ enabled: false, service: 'generic', eventTypes: ['issues', 'ping'], filter: 'false' })).toEqual([
    ['enabled', 'The route is disabled.'],
    ['service', 'It takes events of generic; this one is of github.'],
    ['event_type', 'It takes issues, ping; this is push.'],
    ['filter', 'Does not hold: false'],
  ]);
  expect(failedOf({}, { ...event, eventType: null })).toEqual([['event_type', 'It takes push; this is none.']]);
  expect(failedOf({ filter: 'payload.' })).toEqual([['filter', 'The filter cannot be read.']]);
});

it('says where the filter stopped, with what was found there, cut to a length', () => {
  const stopOf = (filter: string) => testRoute(aRoute({ filter }), event).filter_stopped_at;
  expect(stopOf('exists(payload.ref) and\npayload.ref == "x"')).toEqual({
    condition: 'payload.ref == "x"',
    line: 2,
    column: 1,
    value: '"refs/heads/main"',
  });
  expect(stopOf('payload.missing == 1')).toMatchObject({ value: null });
  expect(stopOf('payload.long == "x"')?.value).toHaveLength(200);
});

it('takes what a paused route would hold, and says so', () => {
  expect(testRoute(aRoute({ pausedAt: new Date() }), event)).toMatchObject({ takes: true, paused: true });
});
