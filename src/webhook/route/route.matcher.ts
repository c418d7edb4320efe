/** What of a route decides whether an event goes along it. No event types means all of the service's. */
export interface RoutingRule {
  readonly id: string;
  readonly tenantId: string;
  readonly service: string;
  readonly eventTypes: readonly string[];
}

/**
 * The rules that an event falls under, in the order given. Names are compared exactly; an event without a type
 * goes only where all do. The rules must be of the event's tenant.
 */
export function matchRoutes(
  event: { readonly service: string; readonly eventType: string | null },
  rules: readonly RoutingRule[],
): RoutingRule[] {
  return rules.filter(({ service, eventTypes }) => service === event.service && takes(eventTypes, event.eventType));
}

function takes(eventTypes: readonly string[], eventType: string | null): boolean {
  return eventTypes.length === 0 || (eventType !== null && eventTypes.includes(eventType));
}
