import { LeasedBuckets } from '@mira/rate-limit';
import { Module, type OnApplicationShutdown } from '@nestjs/common';
import { AgentModule } from '../../agent/agent.module';
import { UsageModule } from '../../enterprise/usage/usage.module';
import { TenantModule } from '../../tenant/tenant.module';
import { DeliveryModule } from '../delivery/delivery.module';
import { EndpointModule } from '../endpoint/endpoint.module';
import { DedupKeys } from './dedup.keys';
import { EventWriter } from './event.writer';
import { IngestService } from './ingest.service';
import { IngestUpkeep } from './ingest.upkeep';
import { ProbeController } from './probe.controller';
import { SenderProver } from './sender.prover';
import { SqlLeaseStore } from './sql.lease-store';
import { WebhookController } from './webhook.controller';
import { WebhookRateLimit } from './webhook.rate-limit';
import { WebhookReceiver } from './webhook.receiver';

@Module({
  imports: [AgentModule, DeliveryModule, EndpointModule, TenantModule, UsageModule],
  controllers: [WebhookController, ProbeController],
  providers: [
    DedupKeys,
    EventWriter,
    IngestService,
    IngestUpkeep,
    SenderProver,
    SqlLeaseStore,
    // What all clients share, so that what is leased can be given back at the end.
    { provide: LeasedBuckets, useFactory: (store: SqlLeaseStore) => new LeasedBuckets(store), inject: [SqlLeaseStore] },
    WebhookRateLimit,
    WebhookReceiver,
  ],
  exports: [EventWriter, WebhookReceiver],
})
export class IngestModule implements OnApplicationShutdown {
  constructor(private readonly buckets: LeasedBuckets) {}

  async onApplicationShutdown(): Promise<void> {
    await this.buckets.release();
  }
}
