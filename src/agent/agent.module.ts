import { Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { PlanModule } from '../enterprise/plan/plan.module';
import { AgentHandlerExplorer } from './agent-handler.explorer';
import { AgentController } from './agent.controller';
import { AgentRegistry } from './agent.registry';
import { AgentRunner } from './agent.runner';
import { AgentService } from './agent.service';
import { AgentSettings } from './agent.settings';
import { HandledEvents } from './handled-events';

/** Import it to register an agent, to find one or to have one run; the registry is one for the whole program. */
@Module({
  imports: [DiscoveryModule, PlanModule],
  controllers: [AgentController],
  providers: [AgentHandlerExplorer, AgentRegistry, AgentRunner, AgentService, AgentSettings, HandledEvents],
  exports: [AgentRegistry, AgentRunner, HandledEvents],
})
export class AgentModule {}
