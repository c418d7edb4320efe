import { principalOf } from '@mira/access';
import { problems } from '@mira/problem';
import { type RateLimitClient, RateLimitExceeded } from '@mira/rate-limit';
import { Injectable } from '@nestjs/common';
import type { ThrottlerStorage } from '@nestjs/throttler';
import type { Request } from 'express';
import { MiraConfig } from '../../config/mira.config';
import { clientOfAddress } from '../client-address';
import { ProcessBuckets } from './process-buckets';

const MAX_CLIENTS = 20_000;
/** What this is about, in any case, as the router matches it; receiving routes have a limit of their own. */
const MANAGEMENT = /^\/api\//i;

/** Who may make how many management requests, and who has made them. Throttler's storage for {@link ApiRateLimitGuard}. */
@Injectable()
export class ApiRateLimit implements ThrottlerStorage {
  private readonly buckets = new ProcessBuckets(MAX_CLIENTS);

  constructor(private readonly config: MiraConfig) {}

  /** Whose bucket pays for a request; undefined for what is not limited. */
  clientOf(request: Request): RateLimitClient | undefined {
    const { rate_limit_enabled: enabled, rate_limit: limit } = this.config.api;
    if (!enabled || !MANAGEMENT.test(request.path)) return undefined;
    const principal = principalOf(request);
    if (!principal) return this.anonymous(request);
    const key = `principal:${principal.apiKeyId ?? principal.userId ?? principal.tenantId}`;
    return { key, capacity: limit.max_requests, windowSeconds: limit.window_seconds };
  }

  /**
   * Counts a request whose credential was none or not good. Those with a good one pay for themselves, so nobody is
   * locked out by what others do behind the same address.
   *
   * @throws Problem `rate-limit-exceeded` where its address has made too many
   */
  chargeAddress(request: Request): void {
    if (!this.config.api.rate_limit_enabled) return;
    const { key, capacity, windowSeconds } = this.anonymous(request);
    const { admitted, nextTokenInSeconds } = this.buckets.take(key, { capacity, windowSeconds });
    if (!admitted) throw problems.rateLimitExceeded(nextTokenInSeconds);
  }

  async increment(key: string, ttlMs: number, limit: number): ReturnType<ThrottlerStorage['increment']> {
    const taken = this.buckets.take(key, { capacity: limit, windowSeconds: ttlMs / 1_000 });
    return {
      totalHits: taken.admitted ? limit - taken.remaining : limit + 1,
      timeToExpire: taken.nextTokenInSeconds,
      isBlocked: !taken.admitted,
      timeToBlockExpire: taken.admitted ? 0 : taken.nextTokenInSeconds,
    };
  }

  refusal({ retryAfterSeconds }: RateLimitExceeded): Error {
    return problems.rateLimitExceeded(retryAfterSeconds);
  }

  private anonymous(request: Request): RateLimitClient {
    const { max_anonymous_requests: capacity, window_seconds: windowSeconds } = this.config.api.rate_limit;
    return { key: `address:${clientOfAddress(request.ip)}`, capacity, windowSeconds };
  }
}
