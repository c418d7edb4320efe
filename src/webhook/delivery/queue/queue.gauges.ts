import { Injectable } from '@nestjs/common';
import { MetricsService } from '../../../metrics/metrics.service';
import { ShortCache } from '../../endpoint/short-cache';
import { DeliveryQueue } from './delivery.queue';

/** The gauges of one scrape are read together, and from one look. */
const LOOK_MS = 500;

/**
 * Whether deliveries keep up, for alerts and for whatever decides how many workers there are. Every process tells it,
 * also one that delivers nothing: with the last worker gone somebody must still say that the queue grows.
 */
@Injectable()
export class QueueGauges {
  constructor(queue: DeliveryQueue, metrics: MetricsService) {
    const looks = new ShortCache<Awaited<ReturnType<DeliveryQueue['backlog']>>>({
      ttlMs: LOOK_MS,
      maxEntries: 1,
      now: () => performance.now(),
    });
    const look = () => looks.get('backlog', () => queue.backlog());
    metrics.gauge(
      'mira_deliveries_due',
      'Attempts that are due and wait for a worker, those of up to ten thousand jobs, of all processes',
      async () => (await look()).due,
    );
    metrics.gauge(
      'mira_deliveries_due_oldest_seconds',
      'How long the oldest attempt that is due has waited, of all processes',
      async () => (await look()).oldestSeconds,
    );
  }
}
