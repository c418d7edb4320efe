import { BenchmarkRegistry } from '@mira/benchmark';
import { problems } from '@mira/problem';
import { type RateLimitClient, type RateLimitExceeded, RateLimitGuard } from '@mira/rate-limit';
import { type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import {
  getOptionsToken,
  getStorageToken,
  type ThrottlerModuleOptions,
  type ThrottlerStorage,
} from '@nestjs/throttler';
import { MiraConfig } from '../../config/mira.config';
import { timedStage } from '../../metrics/server-timing';
import { senderOf } from './sender';

/** Charging the client; who has no token left is an error. */
const LIMIT = 'webhook_limit';

/** Charges a webhook to its client's token bucket: the endpoint, else the API key, else the address. */
@Injectable()
export class WebhookRateLimitGuard extends RateLimitGuard {
  constructor(
    @Inject(getOptionsToken()) options: ThrottlerModuleOptions,
    @Inject(getStorageToken()) storage: ThrottlerStorage,
    reflector: Reflector,
    private readonly config: MiraConfig,
    private readonly benchmarks: BenchmarkRegistry,
  ) {
    super(options, storage, reflector);
  }

  override canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<object>();
    return this.benchmarks.measure(LIMIT, () => timedStage(request, 'limit', () => super.canActivate(context)));
  }

  protected clientOf(context: ExecutionContext): RateLimitClient | undefined {
    const { rate_limit_enabled: enabled, rate_limit: limit } = this.config.webhook;
    if (!enabled) return undefined;
    const { client } = senderOf(context.switchToHttp().getRequest<object>());
    return { key: client, capacity: limit.max_requests, windowSeconds: limit.window_seconds };
  }

  protected override refusal({ retryAfterSeconds }: RateLimitExceeded): Error {
    return problems.rateLimitExceeded(retryAfterSeconds);
  }
}
