import { describeError } from '@mira/problem';
import { type BeforeApplicationShutdown, Injectable } from '@nestjs/common';
import { TenantDatabase } from '../../database/tenant.database';
import { Upkeep } from '../../database/upkeep';
import { AuditLog } from './audit.log';
import { AuditNotes, type AuditNote } from './audit.notes';

/** Writes, once a second and at the end, what was noted without a transaction: refusals, which change nothing. */
@Injectable()
export class AuditNoteWriter extends Upkeep implements BeforeApplicationShutdown {
  protected readonly everyMs = 1_000;
  private writing: Promise<void> | null = null;

  constructor(
    private readonly database: TenantDatabase,
    private readonly log: AuditLog,
    private readonly notes: AuditNotes,
  ) {
    super();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.run().catch((error: unknown) => {
      this.logger.error({ msg: 'refusals are missing in the audit trail', err: describeError(error) });
    });
  }

  /** All that was noted until now; those who ask while it is under way wait for it, and for what came since. */
  async run(): Promise<void> {
    await this.writing?.catch(() => undefined);
    this.writing ??= this.writeAll().finally(() => (this.writing = null));
    await this.writing;
  }

  private async writeAll(): Promise<void> {
    const failures: unknown[] = [];
    for (const [tenantId, notes] of this.notes.take()) {
      await this.write(tenantId, notes).catch((error: unknown) => {
        failures.push(error);
        this.notes.putBack(notes);
      });
    }
    if (failures.length > 0) throw failures[0];
  }

  private async write(tenantId: string, notes: readonly AuditNote[]): Promise<void> {
    await this.database.transaction(tenantId, async (manager) => {
      for (const { who, act, at } of notes) await this.log.recordAt(manager, who, act, at);
    });
  }
}
