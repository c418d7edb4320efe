import type { QuotaRefusal } from '../../enterprise/plan/held-quotas';

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
