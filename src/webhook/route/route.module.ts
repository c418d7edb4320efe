import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AgentModule } from '../../agent/agent.module';
import { PlanModule } from '../../enterprise/plan/plan.module';
import { N8nModule } from '../../n8n/n8n.module';
import { RouteController } from './route.controller';
import { Route } from './route.entity';
import { RouteRepository } from './route.repository';
import { RouteService } from './route.service';

/** Which events go where. */
@Module({
  imports: [TypeOrmModule.forFeature([Route]), AgentModule, N8nModule, PlanModule],
  controllers: [RouteController],
  providers: [RouteService, RouteRepository],
})
export class RouteModule {}
