import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { TenantDatabase } from '../../database/tenant.database';
import { BEGINNING, type ChainBreak, type ChainPlace, type ChainRow, faultOf } from './audit.chain';
import { type Checkpoint, CheckpointSigner, REQUIRED_SEAL_EVERY } from './audit.checkpoint';
import { AuditRepository } from './audit.repository';

/** Rows of one transaction: short ones, for the embedded database has one connection for all. */
const PAGE = 1_000;
/** Retention may take the old end away while somebody looks. */
const ATTEMPTS = 3;

export interface Verification {
  /** How many were looked at. */
  readonly entries: number;
  readonly firstBroken: ChainBreak | null;
  /** The last one that is genuine. */
  readonly checkpoint: Checkpoint | null;
}

/** Goes through a tenant's chain from its oldest entry to its head and finds the first place that is not as it was. */
@Injectable()
export class AuditVerifier {
  constructor(
    private readonly database: TenantDatabase,
    private readonly entries: AuditRepository,
    private readonly signer: CheckpointSigner,
  ) {}

  async verify(tenantId: string): Promise<Verification> {
    for (let attempt = 1; ; attempt++) {
      const floor = await this.floorOf(tenantId);
      const found = await this.walk(tenantId, floor);
      if (found.firstBroken === null || attempt === ATTEMPTS) return found;
      if ((await this.floorOf(tenantId))?.seq === floor?.seq) return found;
    }
  }

  private async floorOf(tenantId: string): Promise<Checkpoint | null> {
    return this.database.transaction(tenantId, (manager) => this.entries.last(manager, tenantId, 'floor'));
  }

  private async walk(tenantId: string, floor: Checkpoint | null): Promise<Verification> {
    const isFloorForged = floor !== null && !this.signer.isGenuine(tenantId, floor);
    let checkpoint = isFloorForged ? null : floor;
    let place: ChainPlace = floor ?? BEGINNING;
    let entries = 0;
    let firstBroken: ChainBreak | null = isFloorForged
      ? { seq: floor.seq, id: null, reason: 'checkpoint_forged' }
      : null;
    while (firstBroken === null) {
      const page = await this.database.transaction(tenantId, (manager) => this.page(manager, tenantId, place));
      if (page.kind === 'end') {
        firstBroken = page.fault;
        break;
      }
      for (const row of page.rows) {
        const seal = page.seals.find(({ seq }) => seq === row.seq) ?? null;
        firstBroken = faultOf(tenantId, place, row) ?? this.sealFault(tenantId, row, seal);
        if (firstBroken !== null) break;
        entries++;
        place = row;
        checkpoint = seal ?? checkpoint;
      }
    }
    return { entries, firstBroken, checkpoint };
  }

  /** Entries with their seals, or what there is to say of the end. */
  private async page(
    manager: EntityManager,
    tenantId: string,
    after: ChainPlace,
  ): Promise<{ kind: 'rows'; rows: ChainRow[]; seals: Checkpoint[] } | { kind: 'end'; fault: ChainBreak | null }> {
    const rows = await this.entries.chain(manager, tenantId, after.seq, PAGE);
    const last = rows.at(-1);
    if (last) return { kind: 'rows', rows, seals: await this.entries.seals(manager, tenantId, after.seq, last.seq) };
    const { head, lastEntry, lastSeal } = await this.entries.end(manager, tenantId);
    // Added since the page was asked for.
    if (lastEntry > after.seq) return { kind: 'rows', rows: [], seals: [] };
    const missing: ChainBreak = { seq: after.seq + 1, id: null, reason: 'entry_missing' };
    if (lastSeal > after.seq) {
      const forged = (await this.entries.seals(manager, tenantId, after.seq, null)).find(
        (seal) => !this.signer.isGenuine(tenantId, seal),
      );
      return { kind: 'end', fault: forged ? { ...missing, seq: forged.seq, reason: 'checkpoint_forged' } : missing };
    }
    const headSeq = head?.seq ?? 0;
    if (headSeq === after.seq && (head === null || head.hash.equals(after.hash))) return { kind: 'end', fault: null };
    return { kind: 'end', fault: missing };
  }

  private sealFault(tenantId: string, { seq, id, hash }: ChainRow, seal: Checkpoint | null): ChainBreak | null {
    if (seal === null) return seq % REQUIRED_SEAL_EVERY === 0 ? { seq, id, reason: 'checkpoint_missing' } : null;
    if (!this.signer.isGenuine(tenantId, seal)) return { seq, id, reason: 'checkpoint_forged' };
    return seal.hash.equals(hash) ? null : { seq, id, reason: 'checkpoint_contradicts' };
  }
}
