import { factsOf, type FilteredEvent, routeFilter } from './route.filter';
import { takesType } from './route.matcher';
import type { FilterStopView, RouteCheckView, RouteTestView } from './route-test.dto';
import type { Route } from './route.entity';

const MAX_SHOWN = 200;

/** Tries a route's conditions on an event, all of them, and says which do not hold. */
export function testRoute(route: Route, event: FilteredEvent): RouteTestView {
  const { service, eventTypes, enabled, filter, pausedAt } = route;
  const { passed, detail, stop } = tryFilter(filter, event);
  const types = eventTypes.join(', ');
  const checks: RouteCheckView[] = [
    check('enabled', enabled, 'The route is disabled.'),
    check('service', service === event.service, `It takes events of ${service}; this one is of ${event.service}.`),
    check(
      'event_type',
      takesType(eventTypes, event.eventType),
      `It takes ${types}; this is ${event.eventType ?? 'none'}.`,
    ),
    check('filter', passed, detail),
  ];
  return {
    takes: checks.every((each) => each.passed),
    paused: pausedAt !== null,
    checks,
    filter_stopped_at: stop,
  };
}

function check(name: RouteCheckView['check'], passed: boolean, detail: string): RouteCheckView {
  return { check: name, passed, detail: passed ? null : detail };
}

function tryFilter(text: string | null, event: FilteredEvent) {
  const stop: FilterStopView | null = null;
  if (text === null) return { passed: true, detail: '', stop };
  const verdict = routeFilter(text)?.verdict(factsOf(event));
  switch (verdict?.kind) {
    case 'matches':
      return { passed: true, detail: '', stop };
    case 'exhausted':
      return { passed: false, detail: 'There is too much in this event for the filter to look at.', stop };
    case undefined:
      return { passed: false, detail: 'The filter cannot be read.', stop };
    case 'stopped': {
      const { condition, position, value } = verdict.stop;
      const { line, column } = position;
      const shown = value === undefined ? null : JSON.stringify(value).slice(0, MAX_SHOWN).toWellFormed();
      return { passed: false, detail: `Does not hold: ${condition}`, stop: { condition, line, column, value: shown } };
    }
  }
}
