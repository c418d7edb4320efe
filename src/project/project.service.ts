import { type Actor, actsOn, AuditTrail } from '@mira/audit';
import { decodeCursor, type Page, type PageQuery, toPage } from '@mira/page';
import { problems } from '@mira/problem';
import { Injectable } from '@nestjs/common';
import { newId } from '../database/new-id';
import { TenantDatabase } from '../database/tenant.database';
import { LimitService } from '../enterprise/plan/limit.service';
import { UsageService } from '../enterprise/usage/usage.service';
import { type ProjectView, projectView } from './project-view.dto';
import { ProjectRepository } from './project.repository';

/** What a project needs to be made. `sourceEventId`: the event that asks for it, which makes one project at most. */
export interface NewProject {
  readonly name: string;
  readonly description: string | null;
  readonly sourceEventId: string | null;
}

/** `exists`: an earlier delivery of the same event made the project. */
export interface CreatedProject {
  readonly kind: 'created' | 'exists';
  readonly id: string;
}

/** Makes and finds a tenant's projects. */
@Injectable()
export class ProjectService {
  constructor(
    private readonly database: TenantDatabase,
    private readonly projects: ProjectRepository,
    private readonly limits: LimitService,
    private readonly usage: UsageService,
    private readonly trail: AuditTrail,
  ) {}

  /** @throws Problem `limit-reached` where the plan has no room for one more */
  async create(who: Actor, { name, description, sourceEventId }: NewProject): Promise<CreatedProject> {
    const { tenantId } = who;
    const id = newId();
    return this.database.transaction(tenantId, async (manager) => {
      // Looked for under the lock: what is there already needs no room.
      await this.limits.hold(manager, tenantId, 'max_projects');
      const earlier = sourceEventId && (await this.projects.findBySourceEvent(manager, tenantId, sourceEventId));
      if (earlier) return { kind: 'exists', id: earlier.id };
      await this.limits.requireRoom(manager, tenantId, 'max_projects');
      await this.projects.insert(manager, { tenantId, id, name, description, sourceEventId });
      await this.usage.count(manager, tenantId, 'projects_created');
      const after = { id, name, description, source_event_id: sourceEventId };
      await this.trail.record(manager, who, actsOn('project').created(after));
      return { kind: 'created', id };
    });
  }

  async list(tenantId: string, { limit, cursor }: PageQuery): Promise<Page<ProjectView>> {
    const before = decodeCursor(cursor);
    const rows = await this.database.transaction(tenantId, (manager) =>
      this.projects.list(manager, tenantId, limit + 1, before),
    );
    return toPage(rows.map(projectView), limit, ({ id }) => id);
  }

  async get(tenantId: string, id: string): Promise<ProjectView> {
    const project = await this.database.transaction(tenantId, (manager) => this.projects.find(manager, tenantId, id));
    if (!project) throw problems.notFound('There is no such project.');
    return projectView(project);
  }
}
