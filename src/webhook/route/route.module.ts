import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AgentModule } from '../../agent/agent.module';
import { PlanModule } from '../../enterprise/plan/plan.module';
import { N8nModule } from '../../n8n/n8n.module';
import { DeliveryModule } from '../delivery/delivery.module';
import { RouteController } from './route.controller';
import { Route } from './route.entity';
import { RouteDirectory } from './route.directory';
import { RouteMaker } from './route.maker';
import { RouteRepository } from './route.repository';
import { RouteService } from './route.service';
import { RouteTargets } from './route.targets';

/** Which events go where. */
@Module({
  imports: [TypeOrmModule.forFeature([Route]), AgentModule, DeliveryModule, N8nModule, PlanModule],
  controllers: [RouteController],
  providers: [RouteDirectory, RouteMaker, RouteRepository, RouteService, RouteTargets],
  exports: [RouteDirectory],
})
export class RouteModule {}
