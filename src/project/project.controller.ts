import { Allow, CurrentPrincipal, type Principal } from '@mira/access';
import { PageQuery } from '@mira/page';
import { Controller, Get, Param, ParseUUIDPipe, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { ProjectPage, ProjectView } from './project-view.dto';
import { ProjectService } from './project.service';

@ApiTags('projects')
@Controller('api/v1/projects')
export class ProjectController {
  constructor(private readonly projects: ProjectService) {}

  /** Newest first. */
  @Get()
  @Allow('project:read')
  list(@CurrentPrincipal() who: Principal, @Query() page: PageQuery): Promise<ProjectPage> {
    return this.projects.list(who.tenantId, page);
  }

  @Get(':id')
  @Allow('project:read')
  get(@CurrentPrincipal() who: Principal, @Param('id', ParseUUIDPipe) id: string): Promise<ProjectView> {
    return this.projects.get(who.tenantId, id);
  }
}
