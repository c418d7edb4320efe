import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { AuditContent, AuditTexts, PersonalContent } from './audit.content';
import type { ChainPlace, ChainRow } from './audit.chain';
import type { Checkpoint, CheckpointKind } from './audit.checkpoint';

/** Which entries to find; all that is given must hold. */
export interface AuditSearch {
  readonly userId?: string;
  readonly action?: string;
  readonly resourceType?: string;
  readonly since?: Date;
  readonly until?: Date;
}

/** A row as an answer is made of it. */
export interface AuditRow {
  readonly seq: number;
  readonly content: AuditContent;
  readonly personal: PersonalContent | null;
  readonly erased_at: Date | null;
}

/** How far a chain goes, as of one moment. `lastSeal` and `lastEntry` are 0 where there is none. */
export interface ChainEnd {
  readonly head: ChainPlace | null;
  readonly lastEntry: number;
  readonly lastSeal: number;
}

const CHAIN_COLUMNS = `seq, id, form, content::text AS content, content ->> 'personal_digest' AS personal_digest, hash,
   personal::text AS personal, personal_salt, erased_at`;
const ANSWER_COLUMNS = 'seq, content, personal, erased_at';

/** Asks the database for audit entries, inside the caller's transaction. What adds to a chain is the database's own. */
@Injectable()
export class AuditRepository {
  async append(manager: EntityManager, tenantId: string, { content, personal, salt }: AuditTexts): Promise<ChainPlace> {
    const [place]: ChainPlace[] = await manager.query('SELECT seq, hash FROM audit_append($1, $2, $3, $4)', [
      tenantId,
      content,
      personal,
      salt,
    ]);
    if (!place) throw new Error('the database told no place of an entry');
    return place;
  }

  /** Newest first: `limit` of those before the entry `before`, or before a number. */
  async list(
    manager: EntityManager,
    tenantId: string,
    search: AuditSearch,
    { limit, before }: { limit: number; before: string | number | null },
  ): Promise<AuditRow[]> {
    const values: unknown[] = [tenantId];
    const conditions = ['tenant_id = $1'];
    const where = (condition: (place: string) => string, value: unknown): void => {
      if (value === undefined || value === null) return;
      conditions.push(condition(`$${values.push(value)}`));
    };
    where((place) => `user_id = ${place}`, search.userId);
    where((place) => `action = ${place}`, search.action);
    where((place) => `resource_type = ${place}`, search.resourceType);
    where((place) => `at >= ${place}`, search.since);
    where((place) => `at < ${place}`, search.until);
    if (typeof before === 'number') where((place) => `seq < ${place}`, before);
    else where((place) => `seq < (SELECT c.seq FROM audit_logs c WHERE c.tenant_id = $1 AND c.id = ${place})`, before);
    return manager.query(
      `SELECT ${ANSWER_COLUMNS} FROM audit_logs WHERE ${conditions.join(' AND ')}
       ORDER BY tenant_id DESC, seq DESC LIMIT $${values.push(limit)}`,
      values,
    );
  }

  async find(manager: EntityManager, tenantId: string, id: string): Promise<AuditRow | null> {
    const [row]: AuditRow[] = await manager.query(
      `SELECT ${ANSWER_COLUMNS} FROM audit_logs WHERE tenant_id = $1 AND id = $2`,
      [tenantId, id],
    );
    return row ?? null;
  }

  /** Oldest first, those after a number. */
  async chain(manager: EntityManager, tenantId: string, after: number, limit: number): Promise<ChainRow[]> {
    return manager.query(
      `SELECT ${CHAIN_COLUMNS} FROM audit_logs WHERE tenant_id = $1 AND seq > $2 ORDER BY tenant_id, seq LIMIT $3`,
      [tenantId, after, limit],
    );
  }

  /** The same of those from before a moment, up to the first that is not. */
  async chainBefore(manager: EntityManager, tenantId: string, after: number, at: Date, limit: number) {
    const rows: (ChainRow & { is_old: boolean })[] = await manager.query(
      `SELECT ${CHAIN_COLUMNS}, at < $4 AS is_old FROM audit_logs
       WHERE tenant_id = $1 AND seq > $2 ORDER BY tenant_id, seq LIMIT $3`,
      [tenantId, after, limit, at],
    );
    const firstToStay = rows.findIndex((row) => !row.is_old);
    return firstToStay < 0 ? rows : rows.slice(0, firstToStay);
  }

  /** In one statement, so that what is added meanwhile is in all of it or in none. */
  async end(manager: EntityManager, tenantId: string): Promise<ChainEnd> {
    const [row]: { seq: number | null; hash: Buffer | null; entry: number; seal: number }[] = await manager.query(
      `SELECT h.seq, h.hash,
         coalesce((SELECT max(seq) FROM audit_logs WHERE tenant_id = $1), 0) AS entry,
         coalesce((SELECT max(seq) FROM audit_checkpoints WHERE tenant_id = $1 AND kind = 'seal'), 0) AS seal
       FROM (SELECT 1) AS one LEFT JOIN audit_heads h ON h.tenant_id = $1`,
      [tenantId],
    );
    const { seq = null, hash = null, entry = 0, seal = 0 } = row ?? {};
    return { head: seq === null || hash === null ? null : { seq, hash }, lastEntry: entry, lastSeal: seal };
  }

  /** By number, those after one and up to another. */
  async seals(manager: EntityManager, tenantId: string, after: number, upTo: number | null): Promise<Checkpoint[]> {
    return manager.query(
      `SELECT kind, seq, hash, signed_at, signature FROM audit_checkpoints
       WHERE tenant_id = $1 AND kind = 'seal' AND seq > $2 AND ($3::bigint IS NULL OR seq <= $3) ORDER BY seq`,
      [tenantId, after, upTo],
    );
  }

  async last(manager: EntityManager, tenantId: string, kind: CheckpointKind): Promise<Checkpoint | null> {
    const [row]: Checkpoint[] = await manager.query(
      `SELECT kind, seq, hash, signed_at, signature FROM audit_checkpoints
       WHERE tenant_id = $1 AND kind = $2 ORDER BY seq DESC LIMIT 1`,
      [tenantId, kind],
    );
    return row ?? null;
  }

  /** Nothing where there is one for this place. */
  async addCheckpoint(manager: EntityManager, tenantId: string, checkpoint: Checkpoint): Promise<void> {
    const { kind, seq, hash, signed_at: signedAt, signature } = checkpoint;
    await manager.query(
      `INSERT INTO audit_checkpoints (tenant_id, kind, seq, hash, signed_at, signature)
       VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING`,
      [tenantId, kind, seq, hash, signedAt, signature],
    );
  }
}
