import { BenchmarkRegistry } from '@mira/benchmark';
import { MiraConfig } from '../../../config/mira.config';
import { MetricsService } from '../../../metrics/metrics.service';
import type { DeliveryQueue } from './delivery.queue';
import { QueueGauges } from './queue.gauges';

function theGauges(backlog: () => Promise<{ due: number; oldestSeconds: number }>): MetricsService {
  const metrics = new MetricsService(new MiraConfig(), new BenchmarkRegistry());
  new QueueGauges({ backlog } as DeliveryQueue, metrics);
  return metrics;
}

describe('the gauges of the queue', () => {
  it('tell what is due and for how long, by one look a scrape', async () => {
    let looks = 0;
    const metrics = theGauges(async () => ({ due: 3, oldestSeconds: 12.5 * ++looks }));
    const text = await metrics.prometheusText();
    expect(text).toContain('\nmira_deliveries_due 3\n');
    expect(text).toContain('\nmira_deliveries_due_oldest_seconds 12.5\n');
  });

  it('tell nothing where the queue cannot be asked', async () => {
    const text = await theGauges(() => Promise.reject(new Error('away'))).prometheusText();
    expect(text).not.toMatch(/^mira_deliveries_due/m);
  });
});
