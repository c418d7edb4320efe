import { OutboundClient } from '@mira/outbound';
import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { PlanModule } from '../enterprise/plan/plan.module';
import { UsageModule } from '../enterprise/usage/usage.module';
import { HttpReceiver } from './http/http.receiver';
import { HttpTester } from './http/http.tester';
import { IntegrationController } from './integration.controller';
import { Integration } from './integration.entity';
import { IntegrationRepository } from './integration.repository';
import { IntegrationService } from './integration.service';
import { WorkflowDirectory } from './workflow.directory';

/** The n8n servers and other receivers that tenants connected, and where in an n8n a workflow is to be called. */
@Module({
  imports: [TypeOrmModule.forFeature([Integration]), PlanModule, UsageModule],
  controllers: [IntegrationController],
  providers: [
    IntegrationService,
    IntegrationRepository,
    HttpReceiver,
    HttpTester,
    {
      provide: WorkflowDirectory,
      inject: [OutboundClient],
      useFactory: (outbound: OutboundClient) => new WorkflowDirectory(outbound),
    },
  ],
  exports: [HttpReceiver, IntegrationService, WorkflowDirectory],
})
export class N8nModule {}
