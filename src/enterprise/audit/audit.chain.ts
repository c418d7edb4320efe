import { createHash } from 'node:crypto';
import { personalDigest } from './audit.content';

/** A row as it is stored, to the byte. */
export interface ChainRow {
  readonly seq: number;
  readonly id: string;
  readonly form: number;
  readonly content: string;
  /** As it stands in the content. */
  readonly personal_digest: string | null;
  readonly hash: Buffer;
  readonly personal: string | null;
  readonly personal_salt: Buffer | null;
  readonly erased_at: Date | null;
}

/** A place in a chain: the number of an entry and its hash. */
export interface ChainPlace {
  readonly seq: number;
  readonly hash: Buffer;
}

export type BreakReason =
  | 'entry_altered'
  | 'entry_missing'
  | 'personal_data_altered'
  | 'checkpoint_forged'
  | 'checkpoint_missing'
  | 'checkpoint_contradicts';

/** The first place where a chain is not what it was. `id` is null where there is no entry any more. */
export interface ChainBreak {
  readonly seq: number;
  readonly id: string | null;
  readonly reason: BreakReason;
}

/** Before the first entry. */
export const BEGINNING: ChainPlace = { seq: 0, hash: Buffer.alloc(32) };

/** The form that is written today. */
const FORM = 1;

/** Of an entry, by the entry before it. Line by line, the content last, for it alone may hold line breaks. */
export function entryHash(tenantId: string, seq: number, previous: Buffer, content: string): Buffer {
  const text = [FORM, tenantId, seq, previous.toString('hex'), content].join('\n');
  return createHash('sha256').update(text).digest();
}

/** Holds an entry to the one before it; null where it is what was written. */
export function faultOf(tenantId: string, previous: ChainPlace, row: ChainRow): ChainBreak | null {
  const { seq, id } = row;
  if (seq !== previous.seq + 1) return { seq: previous.seq + 1, id: null, reason: 'entry_missing' };
  if (row.form !== FORM || !entryHash(tenantId, seq, previous.hash, row.content).equals(row.hash)) {
    return { seq, id, reason: 'entry_altered' };
  }
  return isPersonalIntact(row) ? null : { seq, id, reason: 'personal_data_altered' };
}

function isPersonalIntact(row: ChainRow): boolean {
  const { personal_digest: digest, personal, personal_salt: salt, erased_at: erasedAt } = row;
  if (personal === null) return salt === null && (digest === null || erasedAt !== null);
  return salt !== null && erasedAt === null && personalDigest(salt, personal) === digest;
}
