export { EventPublisher, type HandedEvent, type InternalEvent } from './event-publisher';
