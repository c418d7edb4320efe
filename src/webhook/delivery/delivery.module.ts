import { Module, type OnApplicationBootstrap, type BeforeApplicationShutdown } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AgentModule } from '../../agent/agent.module';
import { MiraConfig } from '../../config/mira.config';
import { UsageModule } from '../../enterprise/usage/usage.module';
import { MetricsModule } from '../../metrics/metrics.module';
import { N8nModule } from '../../n8n/n8n.module';
import { AgentSender } from './attempt/agent.sender';
import { AttemptMaker } from './attempt/attempt.maker';
import { AttemptRecorder } from './attempt/attempt.recorder';
import { DeliveryAttempt } from './attempt/delivery-attempt.entity';
import { HttpSender } from './attempt/http.sender';
import { N8nSender } from './attempt/n8n.sender';
import { DeliveryController } from './delivery.controller';
import { Delivery } from './delivery.entity';
import { DeliveryQueue } from './queue/delivery.queue';
import { DeliveryRepository } from './delivery.repository';
import { DeliveryService } from './delivery.service';
import { DeliveryUpkeep } from './queue/delivery.upkeep';
import { DeliveryWorker } from './queue/delivery.worker';
import { HeldUpkeep } from './hold/held.upkeep';
import { IngestPressure } from './queue/ingest.pressure';
import { WorkflowQuota } from './hold/workflow.quota';

@Module({
  imports: [TypeOrmModule.forFeature([Delivery, DeliveryAttempt]), AgentModule, MetricsModule, N8nModule, UsageModule],
  controllers: [DeliveryController],
  providers: [
    AgentSender,
    AttemptMaker,
    AttemptRecorder,
    DeliveryQueue,
    DeliveryRepository,
    DeliveryService,
    DeliveryUpkeep,
    DeliveryWorker,
    HeldUpkeep,
    HttpSender,
    IngestPressure,
    N8nSender,
    WorkflowQuota,
  ],
  exports: [DeliveryQueue, DeliveryWorker, IngestPressure],
})
export class DeliveryModule implements OnApplicationBootstrap, BeforeApplicationShutdown {
  constructor(
    private readonly config: MiraConfig,
    private readonly worker: DeliveryWorker,
  ) {}

  onApplicationBootstrap(): void {
    if (this.config.role !== 'api') this.worker.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.worker.stop(this.config.shutdown.timeout_seconds * 1_000);
  }
}
