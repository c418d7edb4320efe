import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AgentModule } from '../../agent/agent.module';
import { DeliveryModule } from '../delivery/delivery.module';
import { EventRepository } from '../event/event.repository';
import { RouteModule } from '../route/route.module';
import { RedriveController, ReplayController, ReplayEventsController } from './replay.controller';
import { ReplayCounter } from './replay.counter';
import { Replay } from './replay.entity';
import { ReplayKeeper } from './replay.keeper';
import { ReplayPlanner } from './replay.planner';
import { ReplayRepository } from './replay.repository';
import { ReplayService } from './replay.service';
import { ReplaySteps } from './replay.steps';

/** Events delivered once more, and deliveries that were given up tried again. */
@Module({
  imports: [TypeOrmModule.forFeature([Replay]), AgentModule, DeliveryModule, RouteModule],
  controllers: [ReplayEventsController, ReplayController, RedriveController],
  providers: [
    EventRepository,
    ReplayCounter,
    ReplayKeeper,
    ReplayPlanner,
    ReplayRepository,
    ReplayService,
    ReplaySteps,
  ],
})
export class ReplayModule {}
