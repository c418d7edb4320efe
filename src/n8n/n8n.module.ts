import { OutboundClient } from '@mira/outbound';
import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { PlanModule } from '../enterprise/plan/plan.module';
import { UsageModule } from '../enterprise/usage/usage.module';
import { ConnectionTester } from './check/connection.tester';
import { N8nClient } from './client/n8n.client';
import { HttpReceiver } from './http/http.receiver';
import { HttpTester } from './http/http.tester';
import { IntegrationController } from './integration.controller';
import { Integration } from './integration.entity';
import { IntegrationRepository } from './integration.repository';
import { IntegrationService } from './integration.service';
import { IntegrationTester } from './integration.tester';
import { N8nController } from './n8n.controller';
import { N8nService } from './n8n.service';
import { TenantCalls } from './tenant.calls';
import { WorkflowTrigger } from './trigger/workflow.trigger';
import { WorkflowDirectory } from './workflow.directory';

/** The n8n servers and other receivers that tenants connected, and where in an n8n a workflow is to be called. */
@Module({
  imports: [TypeOrmModule.forFeature([Integration]), PlanModule, UsageModule],
  controllers: [IntegrationController, N8nController],
  providers: [
    IntegrationService,
    IntegrationRepository,
    ConnectionTester,
    N8nService,
    WorkflowTrigger,
    { provide: N8nClient, inject: [OutboundClient], useFactory: (outbound: OutboundClient) => new N8nClient(outbound) },
    HttpReceiver,
    HttpTester,
    IntegrationTester,
    TenantCalls,
    {
      provide: WorkflowDirectory,
      inject: [N8nClient],
      useFactory: (client: N8nClient) => new WorkflowDirectory(client),
    },
  ],
  exports: [HttpReceiver, IntegrationService, N8nClient, N8nService, WorkflowDirectory],
})
export class N8nModule {}
