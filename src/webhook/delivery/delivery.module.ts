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
import { DeliveryExecution } from './execution/delivery-execution.entity';
import { ExecutionAsker } from './execution/execution.asker';
import { ExecutionConfirmer } from './execution/execution.confirmer';
import { ExecutionFinder } from './execution/execution.finder';
import { ExecutionRepository } from './execution/execution.repository';
import { ExecutionRetrier } from './execution/execution.retrier';
import { DueLoader } from './queue/due.loader';
import { HeldUpkeep } from './hold/held.upkeep';
import { HoldController } from './hold/hold.controller';
import { HoldKeeper } from './hold/hold.keeper';
import { HoldProbes } from './hold/hold.probes';
import { HoldRecorder } from './hold/hold.recorder';
import { HoldReleaser } from './hold/hold.releaser';
import { HoldService } from './hold/hold.service';
import { LiningUp } from './hold/lining.up';
import { RouteOrder } from './hold/route.order';
import { IngestPressure } from './queue/ingest.pressure';
import { Orphans } from './queue/orphans';
import { PutBack } from './queue/put.back';
import { QueueGauges } from './queue/queue.gauges';
import { WorkBell } from './queue/work.bell';
import { WorkerWatch } from './queue/worker.watch';
import { WorkflowQuota } from './hold/workflow.quota';

@Module({
  imports: [
    TypeOrmModule.forFeature([Delivery, DeliveryAttempt, DeliveryExecution]),
    AgentModule,
    MetricsModule,
    N8nModule,
    UsageModule,
  ],
  controllers: [DeliveryController, HoldController],
  providers: [
    AgentSender,
    AttemptMaker,
    AttemptRecorder,
    DeliveryQueue,
    ExecutionAsker,
    ExecutionConfirmer,
    ExecutionFinder,
    ExecutionRepository,
    ExecutionRetrier,
    DeliveryRepository,
    DeliveryService,
    DeliveryUpkeep,
    DeliveryWorker,
    DueLoader,
    HeldUpkeep,
    HttpSender,
    HoldKeeper,
    HoldProbes,
    HoldRecorder,
    HoldReleaser,
    HoldService,
    IngestPressure,
    N8nSender,
    Orphans,
    PutBack,
    QueueGauges,
    LiningUp,
    RouteOrder,
    WorkBell,
    WorkerWatch,
    WorkflowQuota,
  ],
  exports: [DeliveryQueue, DeliveryWorker, HoldService, IngestPressure, LiningUp, RouteOrder, WorkerWatch],
})
export class DeliveryModule implements OnApplicationBootstrap, BeforeApplicationShutdown {
  constructor(
    private readonly config: MiraConfig,
    private readonly worker: DeliveryWorker,
    private readonly queue: DeliveryQueue,
    private readonly bell: WorkBell,
  ) {}

  onApplicationBootstrap(): void {
    if (this.config.role === 'api') {
      this.queue.whenWoken(() => this.bell.ring());
      return;
    }
    this.worker.start();
    this.bell.listen(() => this.queue.wake());
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.worker.stop(this.config.shutdown.timeout_seconds * 1_000);
  }
}
