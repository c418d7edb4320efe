import { Injectable } from '@nestjs/common';
import { Upkeep } from '../../database/upkeep';
import { AuditKeeper } from './audit.keeper';
import { AuditScope } from './audit.scope';

/** Seals the trails that went on, and takes away what was kept long enough. */
@Injectable()
export class AuditUpkeep extends Upkeep {
  protected readonly everyMs = 300_000;

  constructor(
    private readonly keeper: AuditKeeper,
    private readonly scope: AuditScope,
  ) {
    super();
  }

  async run(): Promise<void> {
    for (const { tenantId, seq, hash } of await this.keeper.seal()) {
      // Whoever keeps logs elsewhere can hold a database to them that lost its checkpoints too.
      this.logger.log({ msg: 'audit trail sealed', tenant_id: tenantId, seq, hash: hash.toString('hex') });
    }
    const before = this.scope.keptSince(new Date());
    for (const tenantId of await this.keeper.tenantsWithEntriesBefore(before)) {
      const pruned = await this.keeper.prune(tenantId, before);
      if (pruned === null) this.logger.error({ msg: 'audit trail is broken; nothing of it goes', tenant_id: tenantId });
      else if (pruned > 0)
        this.logger.log({ msg: 'audit entries kept long enough went', tenant_id: tenantId, entries: pruned });
    }
  }
}
