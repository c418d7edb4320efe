import type { Actor, AuditAct } from '@mira/audit';
import { Injectable } from '@nestjs/common';

export interface AuditNote {
  readonly who: Actor;
  readonly act: AuditAct;
  readonly at: Date;
}

/** More than a second brings in the worst case; what goes beyond is counted. */
const MOST = 2_000;

/** Holds what is to be recorded without a transaction of its own until it is written, in bounded memory. */
@Injectable()
export class AuditNotes {
  private notes: AuditNote[] = [];
  private readonly dropped = new Map<string, number>();

  add(note: AuditNote): void {
    const { tenantId } = note.who;
    if (this.notes.length < MOST) this.notes.push(note);
    else this.dropped.set(tenantId, (this.dropped.get(tenantId) ?? 0) + 1);
  }

  /** Takes all of them out, by tenant. That some were dropped is told in the trail itself. */
  take(): Map<string, AuditNote[]> {
    const { notes } = this;
    this.notes = [];
    for (const [tenantId, count] of this.dropped) {
      const act: AuditAct = { action: 'audit.dropped', resourceType: 'audit', resourceId: null, after: { count } };
      notes.push({ who: { tenantId, userId: null, apiKeyId: null }, act, at: new Date() });
    }
    this.dropped.clear();
    return Map.groupBy(notes, ({ who }) => who.tenantId);
  }

  /** What could not be written, for the next time. */
  putBack(notes: readonly AuditNote[]): void {
    for (const note of notes) this.add(note);
  }
}
