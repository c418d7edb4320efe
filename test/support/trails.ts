import type { Origin } from '@mira/access';
import { type Actor, type AuditAct, AuditTrail } from '@mira/audit';
import type { EntityManager } from 'typeorm';

/** A trail that remembers what it was told. */
export class RememberedTrail extends AuditTrail {
  readonly acts: { who: Actor; act: AuditAct }[] = [];

  async record(_manager: EntityManager, who: Actor, act: AuditAct): Promise<void> {
    this.note(who, act);
    return Promise.resolve();
  }

  note(who: Actor, act: AuditAct): void {
    this.acts.push({ who, act });
  }
}

/** Somebody of a tenant, where it does not matter who. */
export function by(tenantId: string): Actor {
  return { tenantId, userId: null, apiKeyId: null };
}

/** Where requests come from that are none. */
export const NOWHERE: Origin = { address: null, userAgent: null, requestId: null };
