import { MiraConfig } from '../../src/config/mira.config';
import { UsageClock } from '../../src/enterprise/usage/usage.clock';
import { BenchmarkRegistry } from '@mira/benchmark';
import { MetricsService } from '../../src/metrics/metrics.service';
import type { AttemptMaker } from '../../src/webhook/delivery/attempt/attempt.maker';
import type { AttemptAnswer } from '../../src/webhook/delivery/attempt/attempt-answer';
import type { DueDelivery } from '../../src/webhook/delivery/attempt/due-delivery';
import type { HoldKeeper } from '../../src/webhook/delivery/hold/hold.keeper';
import { WorkflowQuota } from '../../src/webhook/delivery/hold/workflow.quota';
import { DeliveryQueue } from '../../src/webhook/delivery/queue/delivery.queue';
import { DeliveryWorker } from '../../src/webhook/delivery/queue/delivery.worker';
import { DueLoader } from '../../src/webhook/delivery/queue/due.loader';
import { IngestPressure } from '../../src/webhook/delivery/queue/ingest.pressure';
import { PutBack } from '../../src/webhook/delivery/queue/put.back';
import { anAttemptRecorder } from './attempt-recorder';
import type { TestDatabase } from './databases';

const ANSWER: AttemptAnswer = {
  result: { kind: 'done' },
  statusCode: 200,
  responseHeaders: null,
  responseBody: null,
  bearing: 'well',
};

/** A process's worker on a real database, whose attempts end when the test says so. */
export class AWorker {
  /** Deliveries in the order in which their attempts began. */
  readonly sent: string[] = [];
  readonly worker: DeliveryWorker;
  private readonly ends: (() => void)[] = [];

  /** @param places once so many attempts are under way it takes no more */
  constructor(database: TestDatabase, queue: DeliveryQueue, places: number) {
    const config = new MiraConfig();
    Object.assign(config.delivery, { concurrency: places });
    const recorder = anAttemptRecorder(database, queue);
    const maker = { make: (delivery: DueDelivery) => this.make(delivery) } as unknown as AttemptMaker;
    const keeper = { wake: () => undefined } as unknown as HoldKeeper;
    this.worker = new DeliveryWorker(
      config,
      new DueLoader(database.tenants, queue, new WorkflowQuota(database.dataSource, queue, new UsageClock())),
      queue,
      maker,
      recorder,
      new IngestPressure(),
      keeper,
      new PutBack(database.tenants, queue, recorder),
      new MetricsService(config, new BenchmarkRegistry()),
    );
  }

  /** All attempts under way come to a good end. */
  answer(): void {
    for (const end of this.ends.splice(0)) end();
  }

  /** It says nothing more, as if it were killed: its jobs stay claimed and its attempts come to nothing. */
  async die(): Promise<void> {
    await this.worker.stop(0);
  }

  private async make(delivery: DueDelivery): Promise<AttemptAnswer> {
    this.sent.push(delivery.id);
    await new Promise<void>((resume) => this.ends.push(resume));
    return ANSWER;
  }
}
