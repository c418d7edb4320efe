import type { BucketLimits, Lease, LeaseRequest } from './token-bucket';

/**
 * Where the buckets that all processes share are kept. This is the seam of the library: whoever uses it brings a
 * store, in SQL say, that does the sums of `token-bucket.ts` atomically, under one clock (the server's).
 */
export abstract class LeaseStore {
  /**
   * Refills the bucket `key` (a full one if it is not known yet), takes up to `needed + spare` tokens out of it and
   * says what was granted, exactly as `leaseFrom` does. Two calls for one key must not see the same tokens.
   *
   * Rejects if the store cannot be reached. The tokens of a call that failed after it took effect are lost to the
   * client, never doubled.
   */
  abstract lease(key: string, limits: BucketLimits, request: LeaseRequest): Promise<Lease>;

  /**
   * Adds `tokens` (a positive whole number, unspent ones of an earlier lease) to the bucket `key`, as `returnTo`
   * does. It is never called twice for the same tokens, also not after a failure.
   */
  abstract giveBack(key: string, tokens: number): Promise<void>;
}
