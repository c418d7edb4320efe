export { EventPublisher, type InternalEvent } from './event-publisher';
