import { EventPublisher } from '@mira/internal-event';
import { Global, Module } from '@nestjs/common';
import { IngestModule } from '../ingest/ingest.module';
import { InternalEventPublisher } from './internal-event.publisher';

/** Global, for any feature may have something to tell. */
@Global()
@Module({
  imports: [IngestModule],
  providers: [{ provide: EventPublisher, useClass: InternalEventPublisher }],
  exports: [EventPublisher],
})
export class PublishModule {}
