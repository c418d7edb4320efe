import { Allow, CurrentPrincipal, type Principal } from '@mira/access';
import { ApiProblem } from '@mira/problem';
import { Body, Controller, Get, HttpCode, Param, Patch, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { AgentExecutionView, AgentPage, AgentView } from './agent-view.dto';
import { ExecuteAgentDto, UpdateAgentDto } from './agent.dto';
import { AgentService } from './agent.service';

@ApiTags('agents')
@Controller('api/v1/agents')
export class AgentController {
  constructor(private readonly agents: AgentService) {}

  /** All of them, by name. */
  @Get()
  @Allow('agent:execute')
  async list(@CurrentPrincipal() who: Principal): Promise<AgentPage> {
    return { data: await this.agents.list(who.tenantId), next_cursor: null };
  }

  @Get(':name')
  @Allow('agent:execute')
  get(@CurrentPrincipal() who: Principal, @Param('name') name: string): Promise<AgentView> {
    return this.agents.get(who.tenantId, name);
  }

  /** Has it run once, soon, as a delivery that can be followed. */
  @Post(':name/execute')
  @HttpCode(202)
  @Allow('agent:execute')
  @ApiProblem(
    403,
    'This needs agent:execute, what the agent itself asks for (`permissions`), and the feature that the agent is part of in the plan.',
  )
  @ApiProblem(409, 'The agent is switched off in this tenant.')
  execute(
    @CurrentPrincipal() who: Principal,
    @Param('name') name: string,
    @Body() { data }: ExecuteAgentDto,
  ): Promise<AgentExecutionView> {
    return this.agents.execute(who, name, data);
  }

  /** Switches it on or off, or sets what it can be told, for this tenant. */
  @Patch(':name')
  @Allow('agent:configure')
  @ApiProblem(403, 'This needs agent:configure, and the feature that the agent is part of in the plan.')
  configure(
    @CurrentPrincipal() who: Principal,
    @Param('name') name: string,
    @Body() changes: UpdateAgentDto,
  ): Promise<AgentView> {
    return this.agents.configure(who, name, changes);
  }
}
