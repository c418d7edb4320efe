export { type EventAuthor, EventPublisher, type HandedEvent, type InternalEvent } from './event-publisher';
export { acceptedHops, HOPS_HEADER, hopsOf, MAX_HOPS } from './hops';
