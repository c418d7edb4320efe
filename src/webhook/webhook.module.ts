import { Module } from '@nestjs/common';
import { DeliveryModule } from './delivery/delivery.module';
import { ExecutionResultModule } from './delivery/execution/execution-result.module';
import { EndpointModule } from './endpoint/endpoint.module';
import { EventModule } from './event/event.module';
import { IngestModule } from './ingest/ingest.module';
import { PublishModule } from './publish/publish.module';
import { ReplayModule } from './replay/replay.module';
import { RetentionModule } from './retention/retention.module';
import { RouteModule } from './route/route.module';

/** The product: receive, store, route, deliver. */
@Module({
  imports: [
    IngestModule,
    PublishModule,
    EndpointModule,
    ReplayModule,
    RetentionModule,
    RouteModule,
    EventModule,
    DeliveryModule,
    ExecutionResultModule,
  ],
})
export class WebhookModule {}
