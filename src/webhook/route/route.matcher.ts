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
 * The rules that an event falls under, in the order given. Names are compared exactly; an event without a type
 * goes only where all do. The rules must be of the event's tenant.
 */
export function matchRoutes(event: FilteredEvent, rules: readonly RoutingRule[]): RoutingRule[] {
  const named = rules.filter(
    ({ service, eventTypes }) => service === event.service && takesType(eventTypes, event.eventType),
  );
  if (named.every(({ filter }) => filter === null)) return named;
  const facts = factsOf(event);
  return named.filter((rule) => {
    if (rule.filter === null) return true;
    const verdict = routeFilter(rule.filter)?.verdict(facts);
    if (verdict?.kind === 'exhausted') {
      logger.warn({ msg: 'a filter had too much to look at', tenant_id: rule.tenantId, route_id: rule.id });
    }
    return verdict?.kind === 'matches';
  });
}

/** Whether a route of these types asks for an event of this one. */
export function takesType(eventTypes: readonly string[], eventType: string | null): boolean {
  return eventTypes.length === 0 || (eventType !== null && eventTypes.includes(eventType));
}
