import type { ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host';
import { LeasedBuckets } from './leased-buckets';
import { LeasedThrottlerStorage } from './support/leased-throttler-storage';
import { RateLimitExceeded } from './rate-limit-exceeded';
import { RateLimitGuard, type RateLimitClient } from './rate-limit.guard';
import { InMemoryLeaseStore } from './support/in-memory-lease-store';

class GuardByHeader extends RateLimitGuard {
  limits: { capacity: number; windowSeconds: number } = { capacity: 10_000, windowSeconds: 86_400 };

  protected override clientOf(context: ExecutionContext): RateLimitClient | undefined {
    const { headers } = context.switchToHttp().getRequest<{ headers: Record<string, string> }>();
    return headers.client === undefined ? undefined : { key: headers.client, ...this.limits };
  }
}

async function aGuard(Guard: typeof GuardByHeader = GuardByHeader) {
  const clock = { nowMs: 0 };
  const store = new InMemoryLeaseStore(() => clock.nowMs);
  const storage = new LeasedThrottlerStorage(new LeasedBuckets(store, { now: () => clock.nowMs, sweepEveryMs: 0 }));
  const sut = new Guard({ throttlers: [{ limit: 1, ttl: 1_000 }], storage }, storage, new Reflector());
  await sut.onModuleInit();
  return { sut, store, clock };
}

function aRequest(client?: string) {
  const sent: Record<string, string | number> = {};
  const response = { header: (name: string, value: string | number) => (sent[name] = value) };
  const context = new ExecutionContextHost([{ headers: { client } }, response]);
  return { context, sent };
}

it('lets a request pass and tells its client the policy and what is left', async () => {
  const { sut } = await aGuard();
  const { context, sent } = aRequest('a');
  expect(await sut.canActivate(context)).toBe(true);
  expect(sent).toEqual({ 'RateLimit-Policy': '"default";q=10000;w=86400', RateLimit: '"default";r=9999;t=9' });
});

it('refuses a client without tokens, with the same fields, and says when to come again', async () => {
  const { sut } = await aGuard();
  sut.limits = { capacity: 1, windowSeconds: 3_600 };
  await sut.canActivate(aRequest('a').context);
  const { context, sent } = aRequest('a');
  const error: unknown = await sut.canActivate(context).catch((e: unknown) => e);
  expect(error).toBeInstanceOf(RateLimitExceeded);
  expect(error).toMatchObject({ limit: 1, windowSeconds: 3_600, remaining: 0, retryAfterSeconds: 3_600 });
  expect(sent).toEqual({
    'RateLimit-Policy': '"default";q=1;w=3600',
    RateLimit: '"default";r=0;t=3600',
    'Retry-After': 3_600,
  });
  expect(await sut.canActivate(aRequest('b').context)).toBe(true);
});

it('throws what its subclass makes of a refusal', async () => {
  class GuardWithProblem extends GuardByHeader {
    protected override refusal(exceeded: RateLimitExceeded): Error {
      return new RangeError(`in ${exceeded.retryAfterSeconds} s`);
    }
  }
  const { sut } = await aGuard(GuardWithProblem);
  sut.limits = { capacity: 1, windowSeconds: 60 };
  await sut.canActivate(aRequest('a').context);
  await expect(sut.canActivate(aRequest('a').context)).rejects.toEqual(new RangeError('in 60 s'));
});

it('charges one bucket whatever the route, and leaves requests without a client alone', async () => {
  const { sut, store } = await aGuard();
  const { context, sent } = aRequest();
  expect(await sut.canActivate(context)).toBe(true);
  expect(sent).toEqual({});
  await sut.canActivate(aRequest('endpoint:1').context);
  expect([...store.buckets.keys()]).toEqual(['endpoint:1']);
});

it('lets nobody pass uncounted when the store is away', async () => {
  const { sut, store } = await aGuard();
  store.failure = new Error('away');
  await expect(sut.canActivate(aRequest('a').context)).rejects.toBe(store.failure);
});
