import { Allow, CurrentPrincipal, type Principal } from '@mira/access';
import { acceptedHops, HOPS_HEADER } from '@mira/internal-event';
import { ApiProblem, problems } from '@mira/problem';
import { Body, Controller, Get, Headers, HttpCode, Param, ParseUUIDPipe, Post, Query } from '@nestjs/common';
import { ApiHeader, ApiTags } from '@nestjs/swagger';
import { RequireFeature } from '../enterprise/plan/require-feature.decorator';
import { isExecutionId } from './client/execution';
import { ExecutionView, SyncView, TriggeredWorkflowView, WorkflowPage } from './n8n-view.dto';
import { ListWorkflowsQuery, SyncDto, TriggerWorkflowDto } from './n8n.dto';
import { N8nService } from './n8n.service';
import { workflowIdFault } from './webhook-path';

const HOPS = { name: HOPS_HEADER, required: false, description: 'How many deliveries of Mira led to it' };

/** What n8n itself is asked. 502 where it does not answer, 409 where somebody has to change something there first. */
@ApiTags('integrations')
@Controller('api/v1/integrations')
@ApiProblem(502, 'n8n does not answer, or not as it should; trying again later may help.')
export class N8nController {
  constructor(private readonly n8n: N8nService) {}

  /** The workflows of the n8n, and which of them Mira can start. */
  @Get(':id/workflows')
  @Allow('integration:read')
  @ApiProblem(409, 'n8n will not answer with the API key that there is.')
  workflows(
    @CurrentPrincipal() who: Principal,
    @Param('id', ParseUUIDPipe) id: string,
    @Query() query: ListWorkflowsQuery,
  ): Promise<WorkflowPage> {
    return this.n8n.listWorkflows(who.tenantId, id, query);
  }

  /** Starts a workflow through its Webhook node. Counted as a workflow of the month. */
  @Post(':id/workflows/:workflow_id/trigger')
  @HttpCode(200)
  @Allow('agent:execute')
  @RequireFeature('n8n_integration')
  @ApiProblem(409, 'The workflow cannot be started as it is; the words say what to change in n8n.')
  @ApiHeader(HOPS)
  @ApiProblem(429, "The plan's workflows of this month are used up.")
  @ApiProblem(508, 'It came of so many deliveries already that it goes round in a circle.')
  trigger(
    @CurrentPrincipal() who: Principal,
    @Param('id', ParseUUIDPipe) id: string,
    @Param('workflow_id') workflowId: string,
    @Body() { data = {} }: TriggerWorkflowDto,
    @Headers(HOPS_HEADER) hops?: string,
  ): Promise<TriggeredWorkflowView> {
    const fault = workflowIdFault(workflowId);
    if (fault !== null) throw problems.validationFailed([{ field: 'workflow_id', message: fault }]);
    return this.n8n.triggerWorkflow(who, id, workflowId, { data, hops: acceptedHops(hops) });
  }

  /** What became of an execution. */
  @Get(':id/executions/:execution_id')
  @Allow('integration:read')
  @ApiProblem(409, 'n8n will not answer with the API key that there is.')
  execution(
    @CurrentPrincipal() who: Principal,
    @Param('id', ParseUUIDPipe) id: string,
    @Param('execution_id') executionId: string,
  ): Promise<ExecutionView> {
    if (!isExecutionId(executionId)) {
      const message = 'must be the id of an execution: 1 to 64 letters, digits, - and _';
      throw problems.validationFailed([{ field: 'execution_id', message }]);
    }
    return this.n8n.getExecutionStatus(who.tenantId, id, executionId);
  }

  /** Tells n8n of something: as an event of service `mira` that routes carry on, or by starting a workflow. */
  @Post(':id/sync')
  @HttpCode(200)
  @Allow('agent:execute')
  @RequireFeature('n8n_integration')
  @ApiProblem(409, 'The workflow cannot be started as it is; the words say what to change in n8n.')
  @ApiHeader(HOPS)
  @ApiProblem(429, "The plan's workflows of this month, or its webhooks of this day, are used up.")
  @ApiProblem(508, 'It came of so many deliveries already that it goes round in a circle.')
  sync(
    @CurrentPrincipal() who: Principal,
    @Param('id', ParseUUIDPipe) id: string,
    @Body() { type, data }: SyncDto,
    @Headers(HOPS_HEADER) hops?: string,
  ): Promise<SyncView> {
    return this.n8n.syncData(who, id, { type, data, hops: acceptedHops(hops) });
  }
}
