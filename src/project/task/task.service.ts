import { type Actor, actsOn, AuditTrail } from '@mira/audit';
import { EventPublisher } from '@mira/internal-event';
import { decodeCursor, type Page, toPage } from '@mira/page';
import { problems } from '@mira/problem';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { AgentEvent } from '../../agent/agent';
import { HandledEvents } from '../../agent/handled-events';
import { newId } from '../../database/new-id';
import { TenantDatabase } from '../../database/tenant.database';
import { changesBetween } from '../changes';
import { noSuchProject } from '../project.problems';
import { ProjectRepository } from '../project.repository';
import type { CreateTaskDto, ListTasksQuery, UpdateTaskDto } from './task.dto';
import { Task } from './task.entity';
import { TaskRepository } from './task.repository';
import { type TaskView, taskView } from './task-view.dto';

const acts = actsOn('task');

/** What an event that asks for a change came to: `repeated` where its change was made when it came before. */
export type ChangeByEvent = 'changed' | 'unchanged' | 'repeated';

/** Makes, shows, changes and deletes the tasks of a tenant's projects, and tells of each change in its transaction. */
@Injectable()
export class TaskService {
  constructor(
    private readonly database: TenantDatabase,
    private readonly projects: ProjectRepository,
    private readonly tasks: TaskRepository,
    private readonly handled: HandledEvents,
    private readonly events: EventPublisher,
    private readonly trail: AuditTrail,
  ) {}

  async list(tenantId: string, projectId: string, query: ListTasksQuery): Promise<Page<TaskView>> {
    const { limit, cursor, status, assignee_id: assigneeId, due_from: dueFrom, due_before: dueBefore } = query;
    const search = { limit: limit + 1, before: decodeCursor(cursor), status, assigneeId, dueFrom, dueBefore };
    const rows = await this.database.transaction(tenantId, async (manager) => {
      if (!(await this.projects.find(manager, tenantId, projectId))) throw noSuchProject();
      return this.tasks.list(manager, tenantId, projectId, search);
    });
    return toPage(rows.map(taskView), limit, ({ id }) => id);
  }

  async get(tenantId: string, projectId: string, id: string): Promise<TaskView> {
    return taskView(
      found(await this.database.transaction(tenantId, (manager) => this.tasks.find(manager, tenantId, projectId, id))),
    );
  }

  async create(who: Actor, projectId: string, wanted: CreateTaskDto): Promise<TaskView> {
    const { tenantId } = who;
    const { title, description = null, status = 'open', assignee_id: assigneeId = null, due_at: dueAt = null } = wanted;
    const completedAt = status === 'completed' ? new Date() : null;
    const row = { tenantId, id: newId(), projectId, title, description, status, assigneeId, dueAt, completedAt };
    const task = Object.assign(new Task(), row);
    return this.database.transaction(tenantId, async (manager) => {
      if (!(await this.projects.keep(manager, tenantId, projectId))) throw noSuchProject();
      await this.checkAssignee(manager, tenantId, wanted.assignee_id);
      await this.tasks.insert(manager, task);
      const view = taskView(task);
      await this.events.publish(manager, tenantId, { type: 'task_created', data: view });
      await this.trail.record(manager, who, acts.created(view));
      return view;
    });
  }

  async update(who: Actor, projectId: string, id: string, changes: UpdateTaskDto): Promise<TaskView> {
    const { tenantId } = who;
    return this.database.transaction(tenantId, async (manager) => {
      const task = found(await this.tasks.lock(manager, tenantId, projectId, id));
      return (await this.change(manager, who, task, changes, 0)) ?? taskView(task);
    });
  }

  /**
   * The change that an event asks for, once however often the event comes.
   * @throws Problem `not-found`; `validation-failed` where the assignee is no user of the tenant
   */
  async updateByEvent(
    { tenantId, eventId, hops, by }: Pick<AgentEvent, 'tenantId' | 'eventId' | 'hops' | 'by'>,
    agentName: string,
    id: string,
    changes: UpdateTaskDto,
  ): Promise<ChangeByEvent> {
    return this.database.transaction(tenantId, async (manager) => {
      if (!(await this.handled.isFirst(manager, { tenantId, eventId }, agentName))) return 'repeated';
      const task = found(await this.tasks.lock(manager, tenantId, null, id));
      const changed = await this.change(manager, { ...by, tenantId }, task, changes, hops);
      return changed ? 'changed' : 'unchanged';
    });
  }

  async delete(who: Actor, projectId: string, id: string): Promise<void> {
    const { tenantId } = who;
    await this.database.transaction(tenantId, async (manager) => {
      const task = found(await this.tasks.lock(manager, tenantId, projectId, id));
      await this.tasks.delete(manager, task);
      const view = taskView(task);
      await this.events.publish(manager, tenantId, { type: 'task_deleted', data: view });
      await this.trail.record(manager, who, acts.deleted(view));
    });
  }

  /** Null where nothing is otherwise than it was: then nothing is stored, told or recorded. */
  private async change(
    manager: EntityManager,
    who: Actor,
    task: Task,
    changes: UpdateTaskDto,
    hops: number,
  ): Promise<TaskView | null> {
    const { tenantId } = who;
    await this.checkAssignee(manager, tenantId, changes.assignee_id);
    const before = taskView(task);
    apply(changes, task);
    if (changesBetween(before, taskView(task)) === null) return null;
    const after = taskView(await this.tasks.save(manager, task));
    const isCompletion = before.status !== 'completed' && after.status === 'completed';
    const type = isCompletion ? 'task_completed' : 'task_updated';
    await this.events.publish(manager, tenantId, {
      type,
      data: Object.assign({}, after, { changes: changesBetween(before, after) }),
      hops,
    });
    await this.trail.record(manager, who, acts.updated(before, after));
    return after;
  }

  private async checkAssignee(manager: EntityManager, tenantId: string, userId?: string | null): Promise<void> {
    if (userId === undefined || userId === null || (await this.tasks.isUser(manager, tenantId, userId))) return;
    throw problems.validationFailed([{ field: 'assignee_id', message: 'there is no such user in the tenant' }]);
  }
}

/** A field that is undefined stays as it is. */
function apply({ title, description, status, assignee_id, due_at }: UpdateTaskDto, task: Task): void {
  if (title !== undefined) task.title = title;
  if (description !== undefined) task.description = description;
  if (assignee_id !== undefined) task.assigneeId = assignee_id;
  if (due_at !== undefined) task.dueAt = due_at;
  if (status === undefined || status === task.status) return;
  task.status = status;
  task.completedAt = status === 'completed' ? new Date() : null;
}

function found(task: Task | null): Task {
  if (!task) throw problems.notFound('There is no such task.');
  return task;
}
