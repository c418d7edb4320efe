import { EventPublisher, type HandedEvent, type InternalEvent } from '@mira/internal-event';
import type { EntityManager } from 'typeorm';
import { newId } from '../../src/database/new-id';

/** A publisher that remembers what it was told; it stores nothing. */
export class ToldEvents extends EventPublisher {
  readonly events: (InternalEvent & { tenantId: string; agentName?: string })[] = [];
  fails = false;

  async publish(_manager: EntityManager, tenantId: string, event: InternalEvent): Promise<string> {
    return Promise.resolve(this.tell({ tenantId, ...event }));
  }

  async publishTo(
    _manager: EntityManager,
    tenantId: string,
    agentName: string,
    event: InternalEvent,
  ): Promise<HandedEvent> {
    return Promise.resolve({ eventId: this.tell({ tenantId, agentName, ...event }), deliveryId: newId() });
  }

  private tell(event: InternalEvent & { tenantId: string; agentName?: string }): string {
    if (this.fails) throw new Error('the event could not be stored');
    this.events.push(event);
    return newId();
  }
}
