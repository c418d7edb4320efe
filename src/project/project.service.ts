import { type Actor, actsOn, AuditTrail } from '@mira/audit';
import { EventPublisher } from '@mira/internal-event';
import { decodeCursor, type Page, toPage } from '@mira/page';
import { Injectable } from '@nestjs/common';
import { newId } from '../database/new-id';
import { TenantDatabase } from '../database/tenant.database';
import { LimitService } from '../enterprise/plan/limit.service';
import { UsageService } from '../enterprise/usage/usage.service';
import { changesBetween } from './changes';
import { type DeletedProjectView, type ProjectView, projectView } from './project-view.dto';
import type { CreateProjectDto, ListProjectsQuery, UpdateProjectDto } from './project.dto';
import { Project } from './project.entity';
import { noSuchProject } from './project.problems';
import { ProjectRepository } from './project.repository';
import { TaskRepository } from './task/task.repository';

const acts = actsOn('project');

/** What a project needs to be made. `sourceEventId`: the event that asks for it, which makes one project at most. */
export interface NewProject {
  readonly name: string;
  readonly description: string | null;
  readonly sourceEventId: string | null;
  /** Where an event asks for it: how many deliveries lie behind. */
  readonly hops?: number;
}

/** `exists`: an earlier delivery of the same event made the project. */
export interface CreatedProject {
  readonly kind: 'created' | 'exists';
  readonly project: ProjectView;
}

/** Makes, shows, changes and deletes a tenant's projects, and tells of each change in its transaction. */
@Injectable()
export class ProjectService {
  constructor(
    private readonly database: TenantDatabase,
    private readonly projects: ProjectRepository,
    private readonly tasks: TaskRepository,
    private readonly limits: LimitService,
    private readonly usage: UsageService,
    private readonly events: EventPublisher,
    private readonly trail: AuditTrail,
  ) {}

  /** @throws Problem `limit-reached` where the plan has no room for one more */
  async create(who: Actor, { name, description, sourceEventId, hops = 0 }: NewProject): Promise<CreatedProject> {
    const { tenantId } = who;
    const project = Object.assign(new Project(), { tenantId, id: newId(), name, description, sourceEventId });
    return this.database.transaction(tenantId, async (manager) => {
      // Looked for under the lock: what is there already needs no room.
      await this.limits.hold(manager, tenantId, 'max_projects');
      const earlier = sourceEventId && (await this.projects.findBySourceEvent(manager, tenantId, sourceEventId));
      if (earlier) return { kind: 'exists', project: projectView(earlier) };
      await this.limits.requireRoom(manager, tenantId, 'max_projects');
      await this.projects.insert(manager, project);
      await this.usage.count(manager, tenantId, 'projects_created');
      const view = projectView(project);
      await this.events.publish(manager, tenantId, { type: 'project_created', data: view, hops });
      await this.trail.record(manager, who, acts.created(view));
      return { kind: 'created', project: view };
    });
  }

  /** The same for a person. */
  async make(who: Actor, { name, description = null }: CreateProjectDto): Promise<ProjectView> {
    return (await this.create(who, { name, description, sourceEventId: null })).project;
  }

  async list(tenantId: string, { limit, cursor, name }: ListProjectsQuery): Promise<Page<ProjectView>> {
    const search = { limit: limit + 1, before: decodeCursor(cursor), name };
    const rows = await this.database.transaction(tenantId, (manager) => this.projects.list(manager, tenantId, search));
    return toPage(rows.map(projectView), limit, ({ id }) => id);
  }

  async get(tenantId: string, id: string): Promise<ProjectView> {
    const project = await this.database.transaction(tenantId, (manager) => this.projects.find(manager, tenantId, id));
    return projectView(found(project));
  }

  /** Where nothing is otherwise than it was, nothing is stored, told or recorded. */
  async update(who: Actor, id: string, { name, description }: UpdateProjectDto): Promise<ProjectView> {
    const { tenantId } = who;
    return this.database.transaction(tenantId, async (manager) => {
      const project = found(await this.projects.lock(manager, tenantId, id));
      const before = projectView(project);
      if (name !== undefined) project.name = name;
      if (description !== undefined) project.description = description;
      if (changesBetween(before, projectView(project)) === null) return before;
      const after = projectView(await this.projects.save(manager, project));
      const data = Object.assign({}, after, { changes: changesBetween(before, after) });
      await this.events.publish(manager, tenantId, { type: 'project_updated', data });
      await this.trail.record(manager, who, acts.updated(before, after));
      return after;
    });
  }

  /** Takes its tasks along. Nobody adds one meanwhile: a new task holds its project, and so waits for the end of it. */
  async delete(who: Actor, id: string): Promise<DeletedProjectView> {
    const { tenantId } = who;
    return this.database.transaction(tenantId, async (manager) => {
      const project = found(await this.projects.lock(manager, tenantId, id));
      const tasks_deleted = await this.tasks.deleteOfProject(manager, tenantId, id);
      await this.projects.delete(manager, project);
      const deleted = Object.assign(projectView(project), { tasks_deleted });
      await this.events.publish(manager, tenantId, { type: 'project_deleted', data: deleted });
      await this.trail.record(manager, who, acts.deleted(deleted));
      return { id, tasks_deleted };
    });
  }
}

function found(project: Project | null): Project {
  if (!project) throw noSuchProject();
  return project;
}
