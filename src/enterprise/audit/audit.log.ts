import { type Actor, type AuditAct, AuditTrail } from '@mira/audit';
import { Injectable } from '@nestjs/common';
import { randomBytes } from 'node:crypto';
import type { EntityManager } from 'typeorm';
import { newId } from '../../database/new-id';
import { CheckpointSigner, SEAL_EVERY } from './audit.checkpoint';
import { textsOf } from './audit.content';
import { AuditNotes } from './audit.notes';
import { AuditRepository } from './audit.repository';
import { AuditScope } from './audit.scope';

const SALT_BYTES = 16;

/** Writes the trail: an entry in the transaction of its act, at the end of its tenant's hash chain. */
@Injectable()
export class AuditLog extends AuditTrail {
  constructor(
    private readonly scope: AuditScope,
    private readonly entries: AuditRepository,
    private readonly signer: CheckpointSigner,
    private readonly notes: AuditNotes,
  ) {
    super();
  }

  async record(manager: EntityManager, who: Actor, act: AuditAct): Promise<void> {
    await this.recordAt(manager, who, act, new Date());
  }

  note(who: Actor, act: AuditAct): void {
    this.notes.add({ who, act, at: new Date() });
  }

  /** The same as `record`, of an act that was a while ago. */
  async recordAt(manager: EntityManager, who: Actor, act: AuditAct, at: Date): Promise<void> {
    const { tenantId } = who;
    if (!isCrossing(who, act) && !(await this.scope.isRecorded(manager, tenantId))) return;
    const texts = textsOf(who, act, { id: newId(), at, salt: randomBytes(SALT_BYTES) });
    const place = await this.entries.append(manager, tenantId, texts);
    if (place.seq % SEAL_EVERY > 0) return;
    await this.entries.addCheckpoint(manager, tenantId, this.signer.sign(tenantId, 'seal', place, new Date()));
  }
}

/** What an admin does in another tenant is recorded whatever that tenant's plan is. */
function isCrossing({ tenantId, homeTenantId = tenantId }: Actor, { crossing = false }: AuditAct): boolean {
  return crossing || homeTenantId !== tenantId;
}
