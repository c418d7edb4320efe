import { LeasedBuckets, LeasedThrottlerStorage } from '@mira/rate-limit';
import { Module, type OnApplicationShutdown } from '@nestjs/common';
import { ThrottlerModule } from '@nestjs/throttler';
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
import { SqlLeaseStore } from './sql.lease-store';
import { WebhookController } from './webhook.controller';

/** The shared buckets as one provider, so that what is leased can be given back at the end. */
@Module({
  providers: [
    SqlLeaseStore,
    { provide: LeasedBuckets, useFactory: (store: SqlLeaseStore) => new LeasedBuckets(store), inject: [SqlLeaseStore] },
  ],
  exports: [LeasedBuckets, SqlLeaseStore],
})
class BucketModule {}

@Module({
  imports: [
    BucketModule,
    ThrottlerModule.forRootAsync({
      imports: [BucketModule],
      inject: [LeasedBuckets],
      // The guard knows each client's own limits; throttler wants one of its own to be named.
      useFactory: (buckets: LeasedBuckets) => ({
        throttlers: [{ ttl: 0, limit: 0 }],
        storage: new LeasedThrottlerStorage(buckets),
      }),
    }),
    AgentModule,
    DeliveryModule,
    EndpointModule,
    TenantModule,
    UsageModule,
  ],
  controllers: [WebhookController, ProbeController],
  providers: [DedupKeys, EventWriter, IngestService, IngestUpkeep],
  exports: [EventWriter],
})
export class IngestModule implements OnApplicationShutdown {
  constructor(private readonly buckets: LeasedBuckets) {}

  async onApplicationShutdown(): Promise<void> {
    await this.buckets.release();
  }
}
