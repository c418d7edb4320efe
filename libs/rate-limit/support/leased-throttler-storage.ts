import type { ThrottlerStorage } from '@nestjs/throttler';
import type { LeasedBuckets } from '../leased-buckets';

/**
 * Throttler's storage on leased buckets, for the tests of its guard.
 *
 * Throttler thinks in hits of a window; a bucket in tokens left. So `totalHits` is the limit less the tokens left,
 * and one above the limit when the request is refused.
 */
export class LeasedThrottlerStorage implements ThrottlerStorage {
  constructor(private readonly buckets: LeasedBuckets) {}

  /**
   * Counts one request of the client `key`: a bucket of `limit` tokens, refilled evenly in `ttl` milliseconds.
   * `blockDuration` is not used: a refused client may come again as soon as its next token is due.
   *
   * `timeToExpire` and `timeToBlockExpire` (0 if not blocked) are in whole seconds, rounded up, until the client has
   * one token more. Rejects with the store's error if the store cannot be reached.
   */
  async increment(key: string, ttl: number, limit: number): ReturnType<ThrottlerStorage['increment']> {
    const taken = await this.buckets.take(key, { capacity: limit, windowSeconds: ttl / 1_000 });
    const seconds = Math.ceil(taken.nextTokenInMs / 1_000);
    return {
      totalHits: taken.admitted ? limit - taken.remaining : limit + 1,
      timeToExpire: seconds,
      isBlocked: !taken.admitted,
      timeToBlockExpire: taken.admitted ? 0 : seconds,
    };
  }
}
