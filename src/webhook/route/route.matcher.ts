import { FilterBudget } from '@mira/filter';
import { Logger } from '@nestjs/common';
import { factsOf, type FilteredEvent, routeFilter } from './route.filter';

/** What of a route decides whether an event goes along it. No event types means all of the service's. */
export interface RoutingRule {
  readonly id: string;
  readonly tenantId: string;
  readonly service: string;
  readonly eventTypes: readonly string[];
  /** A condition besides, or null. */
  readonly filter: string | null;
}

const logger = new Logger('routes');

/**
 * What all filters of one event may look at together. By its size, so that a group of many events has no more than its
 * bodies are worth, and every event comes to the same whichever group it is in.
 */
const WORK_OF_AN_EVENT = 200_000;
const WORK_OF_A_BYTE = 8;
const MOST_WORK = 8_000_000;
const NAMED_IN_LOG = 5;

/**
 * The rules that an event falls under, in the order given. Names are compared exactly; an event without a type
 * goes only where all do. The rules must be of the event's tenant. Filters are asked the oldest route first, and those
 * that are asked when there is nothing left to look with take nothing.
 */
export function matchRoutes<Rule extends RoutingRule>(event: FilteredEvent, rules: readonly Rule[]): Rule[] {
  const named = rules.filter(
    ({ service, eventTypes }) => service === event.service && takesType(eventTypes, event.eventType),
  );
  if (named.every(({ filter }) => filter === null)) return named;
  const refusing = refusingRules(event, named);
  return named.filter((rule) => !refusing.has(rule));
}

function refusingRules(event: FilteredEvent, named: readonly RoutingRule[]): ReadonlySet<RoutingRule> {
  const facts = factsOf(event);
  const budget = new FilterBudget(Math.min(MOST_WORK, WORK_OF_AN_EVENT + WORK_OF_A_BYTE * event.body.length));
  const oldestFirst = named.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const exhausted: RoutingRule[] = [];
  const refusing = oldestFirst.filter((rule) => {
    if (rule.filter === null) return false;
    const decision = routeFilter(rule.filter)?.decide(facts, budget);
    if (decision === 'exhausted') exhausted.push(rule);
    return decision !== 'matches';
  });
  const [first] = exhausted;
  if (first) {
    logger.warn({
      msg: 'filters had too much to look at, and took nothing',
      tenant_id: first.tenantId,
      routes: exhausted.length,
      route_ids: exhausted.slice(0, NAMED_IN_LOG).map(({ id }) => id),
    });
  }
  return new Set(refusing);
}

/** Whether a route of these types asks for an event of this one. */
export function takesType(eventTypes: readonly string[], eventType: string | null): boolean {
  return eventTypes.length === 0 || (eventType !== null && eventTypes.includes(eventType));
}
