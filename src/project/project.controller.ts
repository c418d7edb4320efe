import { Allow, CurrentPrincipal, type Principal } from '@mira/access';
import { ApiProblem } from '@mira/problem';
import { Body, Controller, Delete, Get, Param, ParseUUIDPipe, Patch, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { DeletedProjectView, ProjectPage, ProjectView } from './project-view.dto';
import { CreateProjectDto, ListProjectsQuery, UpdateProjectDto } from './project.dto';
import { ProjectService } from './project.service';

@ApiTags('projects')
@Controller('api/v1/projects')
export class ProjectController {
  constructor(private readonly projects: ProjectService) {}

  /** Newest first. */
  @Get()
  @Allow('project:read')
  list(@CurrentPrincipal() who: Principal, @Query() query: ListProjectsQuery): Promise<ProjectPage> {
    return this.projects.list(who.tenantId, query);
  }

  @Post()
  @Allow('project:create')
  @ApiProblem(402, 'The plan allows no more projects.')
  create(@CurrentPrincipal() who: Principal, @Body() wanted: CreateProjectDto): Promise<ProjectView> {
    return this.projects.make(who, wanted);
  }

  @Get(':id')
  @Allow('project:read')
  get(@CurrentPrincipal() who: Principal, @Param('id', ParseUUIDPipe) id: string): Promise<ProjectView> {
    return this.projects.get(who.tenantId, id);
  }

  @Patch(':id')
  @Allow('project:update')
  update(
    @CurrentPrincipal() who: Principal,
    @Param('id', ParseUUIDPipe) id: string,
    @Body() changes: UpdateProjectDto,
  ): Promise<ProjectView> {
    return this.projects.update(who, id, changes);
  }

  /** Deletes it with all its tasks, and says how many those were. */
  @Delete(':id')
  @Allow('project:delete')
  delete(@CurrentPrincipal() who: Principal, @Param('id', ParseUUIDPipe) id: string): Promise<DeletedProjectView> {
    return this.projects.delete(who, id);
  }
}
