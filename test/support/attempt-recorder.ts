import { BenchmarkRegistry } from '@mira/benchmark';
import { loadConfig } from '../../src/config/load-config';
import { UsageClock } from '../../src/enterprise/usage/usage.clock';
import { MetricsService } from '../../src/metrics/metrics.service';
import { AttemptRecorder } from '../../src/webhook/delivery/attempt/attempt.recorder';
import { HoldRecorder } from '../../src/webhook/delivery/hold/hold.recorder';
import { RouteOrder } from '../../src/webhook/delivery/hold/route.order';
import type { DeliveryQueue } from '../../src/webhook/delivery/queue/delivery.queue';
import type { TestDatabase } from './databases';

const defaults = loadConfig({ env: {}, cwd: '/nowhere' });

export function aHoldRecorder(config = defaults): HoldRecorder {
  return new HoldRecorder(config, new MetricsService(config, new BenchmarkRegistry()));
}

/** What writes down what attempts came to, with all that it needs. */
export function anAttemptRecorder(
  { tenants }: TestDatabase,
  queue: DeliveryQueue,
  { clock = new UsageClock(), config = defaults } = {},
): AttemptRecorder {
  return new AttemptRecorder(
    tenants,
    queue,
    aHoldRecorder(config),
    new RouteOrder(queue),
    clock,
    new BenchmarkRegistry(),
  );
}
