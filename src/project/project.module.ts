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
import { TaskUpdateAgent } from './task/task-update.agent';
import { TaskController } from './task/task.controller';
import { Task } from './task/task.entity';
import { TaskRepository } from './task/task.repository';
import { TaskService } from './task/task.service';

/** A feature as any team would add one: its own tables, routes, agents and events, known to nothing below it. */
@Module({
  imports: [TypeOrmModule.forFeature([Project, Task]), AgentModule, PlanModule, UsageModule],
  controllers: [ProjectController, TaskController],
  providers: [
    ProjectInitializationAgent,
    ProjectRepository,
    ProjectService,
    TaskRepository,
    TaskService,
    TaskUpdateAgent,
  ],
})
export class ProjectModule implements OnModuleInit {
  constructor(
    private readonly registry: AgentRegistry,
    private readonly projectInitialization: ProjectInitializationAgent,
    private readonly taskUpdate: TaskUpdateAgent,
  ) {}

  onModuleInit(): void {
    this.registry.register(this.projectInitialization);
    this.registry.register(this.taskUpdate);
  }
}
