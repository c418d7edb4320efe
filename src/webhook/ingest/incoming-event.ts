import type { Tier } from '../../tenant/tenant.entity';

/** A webhook that was proved and understood, as it goes into the database. Ids are made before the commit. */
export interface IncomingEvent {
  readonly id: string;
  readonly tenantId: string;
  readonly endpointId: string | null;
  readonly service: string;
  readonly eventType: string | null;
  readonly dedupScope: string;
  readonly dedupKey: string | null;
  readonly proofHash: Buffer | null;
  readonly contentType: string | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly traceParent: string | null;
  readonly receivedAt: Date;
}

/** What a sender is told whose webhook is one too many today. */
export interface QuotaRefusal {
  readonly limit: number;
  readonly used: number;
  readonly resetsAt: Date;
  readonly now: Date;
  readonly tier: Tier;
  /** The tier that would allow more; null where none would. */
  readonly neededTier: Tier | null;
}

/**
 * What became of it. `duplicate` and `replayed` name the event that was there first; nothing was stored for them, nor
 * for `unexplained`, where the one that was there first could not be looked up, nor for `over_quota`: the plan has no
 * room for it today.
 */
export type Stored =
  | { readonly kind: 'accepted'; readonly id: string }
  | { readonly kind: 'duplicate'; readonly id: string }
  | { readonly kind: 'replayed'; readonly id: string }
  | { readonly kind: 'unexplained'; readonly error: unknown }
  | ({ readonly kind: 'over_quota' } & QuotaRefusal);
