import { OutboundClient } from '@mira/outbound';
import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { PlanModule } from '../enterprise/plan/plan.module';
import { UsageModule } from '../enterprise/usage/usage.module';
import { IntegrationController } from './integration.controller';
import { Integration } from './integration.entity';
import { IntegrationRepository } from './integration.repository';
import { IntegrationService } from './integration.service';
import { WorkflowDirectory } from './workflow.directory';

/** The n8n servers that tenants connected, and where in them a workflow is to be called. */
@Module({
  imports: [TypeOrmModule.forFeature([Integration]), PlanModule, UsageModule],
  controllers: [IntegrationController],
  providers: [
    IntegrationService,
    IntegrationRepository,
    {
      provide: WorkflowDirectory,
      inject: [OutboundClient],
      useFactory: (outbound: OutboundClient) => new WorkflowDirectory(outbound),
    },
  ],
  exports: [IntegrationService, WorkflowDirectory],
})
export class N8nModule {}
