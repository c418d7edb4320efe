import type { ExecutionContext } from '@nestjs/common';
import { ThrottlerGuard } from '@nestjs/throttler';
import { RateLimitExceeded } from './rate-limit-exceeded';
import { rateLimitFields } from './rate-limit-fields';
import type { BucketLimits } from './token-bucket';

/** Who sent a request, as far as limits go, and what it may use. */
export interface RateLimitClient extends BucketLimits {
  /** Names the client's bucket in the store, the same in all processes: `endpoint:<id>`, say. */
  readonly key: string;
}

/**
 * Throttler's guard for clients that are known only at the request, each with limits of its own.
 *
 * Throttler's guard reads a dozen of metadata and hashes a key for every request, and makes one bucket a route. This
 * one asks a single method who the client is, and charges one bucket of that client wherever it is used. Throttler's
 * decorators therefore have no effect; `shouldSkip` and `clientOf` are where to decide.
 *
 * Every answer, allowed or refused, tells the limits ({@link rateLimitFields}); a refused one has `Retry-After` (RFC 9110, 10.2.3) too. If the store of the
 * buckets fails, its error is thrown: nobody passes uncounted.
 */
export abstract class RateLimitGuard extends ThrottlerGuard {
  /** The policy's name in the header fields. */
  protected readonly policyName: string = 'default';

  /**
   * Says whose bucket a request is charged to; nothing if it is not limited. Runs for every request: answer from
   * what the request carries or from a cache, without a promise where possible.
   */
  protected abstract clientOf(
    context: ExecutionContext,
  ): RateLimitClient | undefined | Promise<RateLimitClient | undefined>;

  /** Makes the error that a refused request is answered with. Override it to throw the program's own. */
  protected refusal(exceeded: RateLimitExceeded, _context: ExecutionContext): Error {
    return exceeded;
  }

  override async canActivate(context: ExecutionContext): Promise<boolean> {
    if (await this.shouldSkip(context)) return true;
    const found = this.clientOf(context);
    const client = found instanceof Promise ? await found : found;
    if (client === undefined) return true;
    const { capacity, windowSeconds } = client;
    const key = this.generateKey(context, client.key, this.policyName);
    const record = await this.storageService.increment(key, windowSeconds * 1_000, capacity, 0, this.policyName);
    const remaining = Math.max(0, capacity - record.totalHits);

    const { res } = this.getRequestResponse(context);
    const left = { remaining, seconds: record.timeToExpire };
    for (const [name, value] of rateLimitFields(this.policyName, client, left)) {
      this.setResponseHeader(res, name, value);
    }
    if (!record.isBlocked) return true;

    const retryAfterSeconds = record.timeToBlockExpire;
    this.setResponseHeader(res, 'Retry-After', retryAfterSeconds);
    throw this.refusal(
      new RateLimitExceeded({ limit: capacity, windowSeconds, remaining, retryAfterSeconds }),
      context,
    );
  }

  /** The client's own key: one bucket for all routes, and no hashing on the way. */
  protected override generateKey(_context: ExecutionContext, clientKey: string, _policyName: string): string {
    return clientKey;
  }
}
