import type { EntityManager } from 'typeorm';
import type { Actor, AuditAct } from './audit-act';

/** Where acts are told of, so that it can be found out later who did what. The trail is that of `who.tenantId`. */
export abstract class AuditTrail {
  /**
   * Records an act within the transaction that makes it: they are committed together, or neither is. To be the last
   * statement of it, for others of the same tenant that have something to record wait until the transaction ends.
   */
  abstract record(manager: EntityManager, who: Actor, act: AuditAct): Promise<void>;

  /** Records, a moment later, what has no transaction: that something was refused. Never waits and never fails. */
  abstract note(who: Actor, act: AuditAct): void;

  /**
   * Records an admin's act on another tenant in its trail and in that of the admin's own tenant. In the order of their
   * ids, so that two who cross in opposite directions do not wait for each other in a circle.
   */
  async recordCrossing(manager: EntityManager, who: Actor, toTenantId: string, act: AuditAct): Promise<void> {
    const { tenantId, homeTenantId = tenantId } = who;
    for (const trailOf of [...new Set([homeTenantId, toTenantId])].toSorted()) {
      await this.record(manager, { ...who, tenantId: trailOf, homeTenantId }, { ...act, crossing: true });
    }
  }
}
