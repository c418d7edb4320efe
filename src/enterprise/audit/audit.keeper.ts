import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { TENANT_ADVISORY_LOCKS } from '../../database/advisory-locks';
import { BEGINNING, type ChainPlace, faultOf } from './audit.chain';
import { CheckpointSigner } from './audit.checkpoint';
import { AuditRepository } from './audit.repository';

/** Entries that one transaction takes away. */
const CHUNK = 1_000;

export interface Sealed extends ChainPlace {
  readonly tenantId: string;
}

/** Keeps trails as long as they are to be kept: seals them, takes their old end away, erases people. As Mira's login. */
@Injectable()
export class AuditKeeper {
  constructor(
    private readonly dataSource: DataSource,
    private readonly entries: AuditRepository,
    private readonly signer: CheckpointSigner,
  ) {}

  /** Signs the heads that went on since they were signed last. Not one that does not stand on its entry. */
  async seal(): Promise<Sealed[]> {
    const heads: Sealed[] = await this.dataSource.query(`
      SELECT h.tenant_id AS "tenantId", h.seq, h.hash FROM audit_heads h
      JOIN audit_logs l ON l.tenant_id = h.tenant_id AND l.seq = h.seq AND l.hash = h.hash
      WHERE h.seq > coalesce(
        (SELECT max(c.seq) FROM audit_checkpoints c WHERE c.tenant_id = h.tenant_id AND c.kind = 'seal'), 0)`);
    for (const head of heads) {
      const seal = this.signer.sign(head.tenantId, 'seal', head, new Date());
      await this.entries.addCheckpoint(this.dataSource.manager, head.tenantId, seal);
    }
    return heads;
  }

  async tenantsWithEntriesBefore(at: Date): Promise<string[]> {
    const rows: { tenant_id: string }[] = await this.dataSource.query(
      `SELECT tenant_id FROM audit_heads h
       WHERE EXISTS (SELECT FROM audit_logs l WHERE l.tenant_id = h.tenant_id AND l.at < $1)`,
      [at],
    );
    return rows.map(({ tenant_id: tenantId }) => tenantId);
  }

  /**
   * Takes away what is older than `before`, and leaves a signed floor that the rest of the chain stands on. What was
   * tampered with stays where it is, for to take it away would be to hide it.
   *
   * @returns how many, or null where the chain is broken there
   */
  async prune(tenantId: string, before: Date): Promise<number | null> {
    let pruned = 0;
    for (;;) {
      const more = await this.dataSource.transaction((manager) => this.pruneChunk(manager, tenantId, before));
      if (more === null) return null;
      pruned += more;
      if (more < CHUNK) return pruned;
    }
  }

  /** Takes away who somebody was: names, addresses, user agents. What was done stays, and the chain holds. */
  async erase(tenantId: string, userId: string): Promise<number> {
    const [row]: { erased: number }[] = await this.dataSource.query('SELECT audit_erase($1, $2) AS erased', [
      tenantId,
      userId,
    ]);
    return row?.erased ?? 0;
  }

  private async pruneChunk(manager: EntityManager, tenantId: string, before: Date): Promise<number | null> {
    // One process at a time.
    await manager.query('SELECT pg_advisory_xact_lock($1, hashtext($2))', [
      TENANT_ADVISORY_LOCKS.auditKeeper,
      tenantId,
    ]);
    const floor = await this.entries.last(manager, tenantId, 'floor');
    if (floor && !this.signer.isGenuine(tenantId, floor)) return null;
    let place: ChainPlace = floor ?? BEGINNING;
    const rows = await this.entries.chainBefore(manager, tenantId, place.seq, before, CHUNK);
    if (rows.length === 0) return 0;
    for (const row of rows) {
      if (faultOf(tenantId, place, row)) return null;
      place = row;
    }
    await this.entries.addCheckpoint(manager, tenantId, this.signer.sign(tenantId, 'floor', place, new Date()));
    await manager.query('SELECT audit_prune($1, $2)', [tenantId, place.seq]);
    return rows.length;
  }
}
