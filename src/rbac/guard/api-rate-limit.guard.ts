import { type RateLimitClient, type RateLimitExceeded, RateLimitGuard } from '@mira/rate-limit';
import { type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Request } from 'express';
import { ApiRateLimit } from './api-rate-limit';

/** Charges a management request to whoever makes it, once it is known who that is. */
@Injectable()
export class ApiRateLimitGuard extends RateLimitGuard {
  protected override readonly policyName = 'api';

  constructor(
    // Named, for what throttler's own constructor asks for is inherited along with it.
    @Inject(ApiRateLimit) private readonly limit: ApiRateLimit,
    @Inject(Reflector) reflector: Reflector,
  ) {
    // The guard knows each client's own limits; throttler wants one of its own to be named.
    super({ throttlers: [{ ttl: 0, limit: 0 }] }, limit, reflector);
  }

  protected clientOf(context: ExecutionContext): RateLimitClient | undefined {
    return this.limit.clientOf(context.switchToHttp().getRequest<Request>());
  }

  protected override refusal(exceeded: RateLimitExceeded): Error {
    return this.limit.refusal(exceeded);
  }
}
