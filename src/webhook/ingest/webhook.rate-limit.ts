import { BenchmarkRegistry } from '@mira/benchmark';
import { problems } from '@mira/problem';
import { LeasedBuckets, rateLimitFields } from '@mira/rate-limit';
import { Injectable } from '@nestjs/common';
import type { ServerResponse } from 'node:http';
import { MiraConfig } from '../../config/mira.config';
import type { Sender } from './sender';

/** Charging the client; who has no token left is an error. */
const LIMIT = 'webhook_limit';
const POLICY = 'default';

/** Charges a webhook to its client's token bucket: the endpoint, else the API key, else the address. */
@Injectable()
export class WebhookRateLimit {
  constructor(
    private readonly config: MiraConfig,
    private readonly buckets: LeasedBuckets,
    private readonly benchmarks: BenchmarkRegistry,
  ) {}

  /**
   * Says in the answer's head what the client has left.
   *
   * @throws Problem `rate-limit-exceeded` where that is nothing; the store's error where the bucket cannot be reached
   */
  charge({ client }: Sender, response: ServerResponse): Promise<void> {
    return this.benchmarks.measure(LIMIT, () => this.take(client, response));
  }

  private async take(client: string, response: ServerResponse): Promise<void> {
    const { rate_limit_enabled: enabled, rate_limit: limit } = this.config.webhook;
    if (!enabled) return;
    const limits = { capacity: limit.max_requests, windowSeconds: limit.window_seconds };
    const taken = await this.buckets.take(client, limits);
    const seconds = Math.ceil(taken.nextTokenInMs / 1_000);
    for (const [name, value] of rateLimitFields(POLICY, limits, { remaining: taken.remaining, seconds })) {
      response.setHeader(name, value);
    }
    if (!taken.admitted) throw problems.rateLimitExceeded(seconds);
  }
}
