import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DeliveryAttempt } from '../delivery/attempt/delivery-attempt.entity';
import { Delivery } from '../delivery/delivery.entity';
import { DeliveryRepository } from '../delivery/delivery.repository';
import { EventController } from './event.controller';
import { EventRepository } from './event.repository';
import { EventService } from './event.service';
import { WebhookEvent } from './webhook-event.entity';

/** What was received, to be read. */
@Module({
  imports: [TypeOrmModule.forFeature([WebhookEvent, Delivery, DeliveryAttempt])],
  controllers: [EventController],
  providers: [EventService, EventRepository, DeliveryRepository],
})
export class EventModule {}
