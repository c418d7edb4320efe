import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { AgentEvent } from './agent';

/** Remembers which events an agent has done its work for, so that it does it once although events may come again. */
@Injectable()
export class HandledEvents {
  /**
   * To be asked first in the transaction that does the work: true where it is still to be done, and then the event is
   * marked by the same commit. Whoever comes with the same event meanwhile waits for that.
   */
  async isFirst(
    manager: EntityManager,
    { tenantId, eventId }: Pick<AgentEvent, 'tenantId' | 'eventId'>,
    agentName: string,
  ): Promise<boolean> {
    const marked: unknown[] = await manager.query(
      `INSERT INTO agent_handled_events (tenant_id, event_id, agent_name) VALUES ($1, $2, $3)
       ON CONFLICT DO NOTHING RETURNING event_id`,
      [tenantId, eventId, agentName],
    );
    return marked.length > 0;
  }
}
