import { ANY_EVENT, type EventCriteria } from '../event/event.search';
import { criteriaOf, type EventFilterDto } from '../event/list-events.dto';
import type { RedriveDto } from './replay.dto';
import type { Selection } from './replay.entity';

/** The events of a replay: named one by one, or by what they have in common. */
export type EventSelection =
  | { readonly kind: 'ids'; readonly ids: readonly string[] }
  | { readonly kind: 'filter'; readonly criteria: EventCriteria };

/** The deliveries of a redrive. */
export interface DeliverySelection {
  readonly status: 'dead' | 'failed';
  readonly cause: string | null;
  readonly routeId: string | null;
  readonly from: Date | null;
  readonly to: Date | null;
}

/** As it is stored: JSON, in the words of the request. Ids as the database writes them: how far it came is compared to them. */
export function storedEvents({ filter, event_ids }: Wanted): Selection {
  const ids = event_ids && [...new Set(event_ids.map((id) => id.toLowerCase()))];
  return JSON.parse(JSON.stringify({ filter, event_ids: ids })) as Selection;
}

interface Wanted {
  readonly filter?: EventFilterDto | undefined;
  readonly event_ids?: readonly string[] | undefined;
}

export function eventsOf({ event_ids: ids, filter }: Selection): EventSelection {
  if (Array.isArray(ids)) return { kind: 'ids', ids: ids.filter((id) => typeof id === 'string') };
  if (typeof filter !== 'object' || filter === null) return { kind: 'filter', criteria: ANY_EVENT };
  return { kind: 'filter', criteria: criteriaOf(Object.assign({}, filter, datesOf(filter))) };
}

export function storedDeliveries({ status = 'dead', cause, route_id, from, to }: RedriveDto): Selection {
  return JSON.parse(JSON.stringify({ status, cause, route_id, from, to })) as Selection;
}

export function deliveriesOf(stored: Selection): DeliverySelection {
  const { status, cause, route_id: routeId } = stored;
  const { from, to } = datesOf(stored);
  return {
    status: status === 'failed' ? 'failed' : 'dead',
    cause: typeof cause === 'string' ? cause : null,
    routeId: typeof routeId === 'string' ? routeId : null,
    from: from ?? null,
    to: to ?? null,
  };
}

/** JSON has no times, so they were stored as texts. */
function datesOf(stored: object): { from?: Date; to?: Date } {
  const dateIn = (name: string): Date | undefined => {
    const value: unknown = Reflect.get(stored, name);
    return typeof value === 'string' ? new Date(value) : undefined;
  };
  return { from: dateIn('from'), to: dateIn('to') };
}
