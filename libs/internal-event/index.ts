export { type EventAuthor, EventPublisher, type HandedEvent, type InternalEvent } from './event-publisher';
