import { Allow, CurrentPrincipal, type Principal } from '@mira/access';
import { Body, Controller, Delete, Get, HttpCode, Param, ParseUUIDPipe, Patch, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { CreateTaskDto, ListTasksQuery, UpdateTaskDto } from './task.dto';
import { TaskPage, TaskView } from './task-view.dto';
import { TaskService } from './task.service';

/** A task is a part of its project: whoever may change that may also make, change and delete its tasks. */
@ApiTags('tasks')
@Controller('api/v1/projects/:id/tasks')
export class TaskController {
  constructor(private readonly tasks: TaskService) {}

  /** Newest first. */
  @Get()
  @Allow('project:read')
  list(
    @CurrentPrincipal() who: Principal,
    @Param('id', ParseUUIDPipe) projectId: string,
    @Query() query: ListTasksQuery,
  ): Promise<TaskPage> {
    return this.tasks.list(who.tenantId, projectId, query);
  }

  @Post()
  @Allow('project:update')
  create(
    @CurrentPrincipal() who: Principal,
    @Param('id', ParseUUIDPipe) projectId: string,
    @Body() wanted: CreateTaskDto,
  ): Promise<TaskView> {
    return this.tasks.create(who, projectId, wanted);
  }

  @Get(':task_id')
  @Allow('project:read')
  get(
    @CurrentPrincipal() who: Principal,
    @Param('id', ParseUUIDPipe) projectId: string,
    @Param('task_id', ParseUUIDPipe) id: string,
  ): Promise<TaskView> {
    return this.tasks.get(who.tenantId, projectId, id);
  }

  @Patch(':task_id')
  @Allow('project:update')
  update(
    @CurrentPrincipal() who: Principal,
    @Param('id', ParseUUIDPipe) projectId: string,
    @Param('task_id', ParseUUIDPipe) id: string,
    @Body() changes: UpdateTaskDto,
  ): Promise<TaskView> {
    return this.tasks.update(who, projectId, id, changes);
  }

  @Delete(':task_id')
  @HttpCode(204)
  @Allow('project:update')
  delete(
    @CurrentPrincipal() who: Principal,
    @Param('id', ParseUUIDPipe) projectId: string,
    @Param('task_id', ParseUUIDPipe) id: string,
  ): Promise<void> {
    return this.tasks.delete(who, projectId, id);
  }
}
