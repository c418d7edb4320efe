import { Module, type OnModuleInit } from '@nestjs/common';
import { AgentModule } from '../../../agent/agent.module';
import { AgentRegistry } from '../../../agent/agent.registry';
import { ExecutionResultAgent } from './execution-result.agent';
import { ExecutionReport } from './execution.report';

/** What n8n says by itself of executions. */
@Module({ imports: [AgentModule], providers: [ExecutionReport, ExecutionResultAgent] })
export class ExecutionResultModule implements OnModuleInit {
  constructor(
    private readonly registry: AgentRegistry,
    private readonly agent: ExecutionResultAgent,
  ) {}

  onModuleInit(): void {
    this.registry.register(this.agent);
  }
}
