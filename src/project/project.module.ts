import { Module, type OnModuleInit } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AgentModule } from '../agent/agent.module';
import { AgentRegistry } from '../agent/agent.registry';
import { PlanModule } from '../enterprise/plan/plan.module';
import { UsageModule } from '../enterprise/usage/usage.module';
import { ProjectInitializationAgent } from './project-initialization.agent';
import { ProjectController } from './project.controller';
import { Project } from './project.entity';
import { ProjectRepository } from './project.repository';
import { ProjectService } from './project.service';

/** A feature as any team would add one: its own table, routes and agent, known to nothing below it. */
@Module({
  imports: [TypeOrmModule.forFeature([Project]), AgentModule, PlanModule, UsageModule],
  controllers: [ProjectController],
  providers: [ProjectService, ProjectRepository, ProjectInitializationAgent],
})
export class ProjectModule implements OnModuleInit {
  constructor(
    private readonly registry: AgentRegistry,
    private readonly projectInitialization: ProjectInitializationAgent,
  ) {}

  onModuleInit(): void {
    this.registry.register(this.projectInitialization);
  }
}
