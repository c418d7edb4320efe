import { ApiProperty } from '@nestjs/swagger';
import type { AuditRow } from './audit.repository';
import type { BreakReason } from './audit.chain';
import type { Verification } from './audit.verifier';

const FIELDS = { type: 'object', additionalProperties: true, nullable: true } as const;
const REASONS = [
  'entry_altered',
  'entry_missing',
  'personal_data_altered',
  'checkpoint_forged',
  'checkpoint_missing',
  'checkpoint_contradicts',
] as const satisfies readonly BreakReason[];

/** An entry as it is answered. */
export class AuditEntryView {
  id!: string;
  /** Its place in the tenant's chain; the next one has one more. */
  @ApiProperty({ type: 'integer' })
  seq!: number;
  created_at!: string;
  action!: string;
  @ApiProperty({ enum: ['allowed', 'denied'] })
  outcome!: 'allowed' | 'denied';
  resource_type!: string;
  resource_id!: string | null;
  /** Null where nobody was signed in, or Mira acted by itself. */
  user_id!: string | null;
  api_key_id!: string | null;
  /** Whose own tenant it is, where an admin of another one acted. */
  home_tenant_id!: string | null;
  request_id!: string | null;
  address!: string | null;
  user_agent!: string | null;
  @ApiProperty(FIELDS)
  before!: Record<string, unknown> | null;
  @ApiProperty(FIELDS)
  after!: Record<string, unknown> | null;
  /** When the personal data in it was erased; null where it was not. */
  erased_at!: string | null;
}

export class AuditPage {
  data!: AuditEntryView[];
  next_cursor!: string | null;
}

export class AuditBreakView {
  @ApiProperty({ type: 'integer' })
  seq!: number;
  /** Null where the entry is gone. */
  id!: string | null;
  @ApiProperty({ enum: REASONS })
  reason!: BreakReason;
}

export class AuditCheckpointView {
  @ApiProperty({ type: 'integer' })
  seq!: number;
  /** SHA-256 in hex, of the entry with this number. */
  hash!: string;
  signed_at!: string;
}

/** Whether a trail is as it was written. */
export class VerificationView {
  valid!: boolean;
  /** How many entries were looked at. */
  @ApiProperty({ type: 'integer' })
  entries!: number;
  first_broken!: AuditBreakView | null;
  /** The last genuine checkpoint. Entries after it could be taken away together with the chain's head. */
  checkpoint!: AuditCheckpointView | null;
}

export function auditEntryView({
  seq,
  content: told,
  personal: person,
  erased_at: erasedAt,
}: AuditRow): AuditEntryView {
  return {
    id: told.id,
    seq,
    created_at: new Date(told.at_ms).toISOString(),
    action: told.action,
    outcome: told.outcome,
    resource_type: told.resource_type,
    resource_id: told.resource_id,
    user_id: told.user_id,
    api_key_id: told.api_key_id,
    home_tenant_id: told.home_tenant_id,
    request_id: told.request_id,
    address: person?.address ?? null,
    user_agent: person?.user_agent ?? null,
    before: told.before && { ...told.before, ...person?.before },
    after: told.after && { ...told.after, ...person?.after },
    erased_at: erasedAt?.toISOString() ?? null,
  };
}

export function verificationView({ entries, firstBroken, checkpoint }: Verification): VerificationView {
  return {
    valid: firstBroken === null,
    entries,
    first_broken: firstBroken,
    checkpoint: checkpoint && {
      seq: checkpoint.seq,
      hash: checkpoint.hash.toString('hex'),
      signed_at: checkpoint.signed_at.toISOString(),
    },
  };
}
