import type { Source } from '../source/source';

/** Who a webhook comes from, as its proof showed, and what that proof is worth against repetition. */
export interface Sender {
  readonly tenantId: string;
  readonly source: Source;
  /** Null for the form of the address without an endpoint. */
  readonly endpointId: string | null;
  /** Within which a dedup key means one and the same delivery. */
  readonly dedupScope: string;
  /** Stands before each dedup key, where several services share a scope and choose their keys apart. */
  readonly dedupPrefix: string;
  /** Whose token bucket pays for the request. */
  readonly client: string;
  /** Where proofs may stand, in lower case: they are used up, and not kept with the event. */
  readonly proofHeaders: readonly string[];
  /** SHA-256 of a proof that no second event can carry; null for one that says nothing against repetition. */
  readonly proofHash: Buffer | null;
}
