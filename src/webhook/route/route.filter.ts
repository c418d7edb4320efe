import { compileFilter, describeFault, type Filter, type FilterFacts, type FilterLanguage } from '@mira/filter';
import { Logger } from '@nestjs/common';
import { parsePayload } from '../source/payload/parse-payload';

/** What the filter of a route may speak of. */
export const ROUTE_FILTERS: FilterLanguage = {
  roots: ['payload', 'headers', 'service', 'event_type'],
  caseless: ['headers'],
};

/** So many are kept compiled; there are as many in use as there are routes with one. */
const KEPT = 1_000;

/** What a filter looks at of an event. */
export interface FilteredEvent {
  readonly service: string;
  readonly eventType: string | null;
  readonly contentType: string | null;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

const logger = new Logger('routes');
const compiled = new Map<string, Filter | null>();

/**
 * The filter of this text. Null where it is none, which only a row written past the program could be: it takes no
 * event then, for a route that took too much might do harm.
 */
export function routeFilter(text: string): Filter | null {
  const known = compiled.get(text);
  if (known !== undefined) return known;
  const result = compileFilter(text, ROUTE_FILTERS);
  if (result.kind === 'fault') {
    logger.error({ msg: 'the filter of a route is none; it takes nothing', fault: describeFault(result.fault, text) });
  }
  const filter = result.kind === 'filter' ? result.filter : null;
  const [oldest] = compiled.keys();
  if (compiled.size >= KEPT && oldest !== undefined) compiled.delete(oldest);
  compiled.set(text, filter);
  return filter;
}

/**
 * What filters are asked about an event. The payload is parsed here, once more and only where a filter asks: kept from
 * the first time for all events that wait, it would take several times the memory of their bodies. It is null where the
 * body is neither JSON nor a form.
 */
export function factsOf({ service, eventType, contentType, headers, body }: FilteredEvent): FilterFacts {
  const parsed = parsePayload({ headers: contentType === null ? {} : { 'content-type': contentType }, body });
  const payload = parsed.kind === 'ok' ? (parsed.payload.value ?? null) : null;
  return { payload, headers, service, event_type: eventType };
}
