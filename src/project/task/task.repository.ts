import { Injectable } from '@nestjs/common';
import { And, type EntityManager, Equal, LessThan, MoreThanOrEqual } from 'typeorm';
import { Task, type TaskStatus } from './task.entity';

/** Which tasks of a project, newest first; what is undefined does not matter. */
export interface TaskSearch {
  readonly limit: number;
  readonly before: string | null;
  readonly status: TaskStatus | undefined;
  readonly assigneeId: string | undefined;
  readonly dueFrom: Date | undefined;
  readonly dueBefore: Date | undefined;
}

/** Asks the database for tasks, inside the caller's tenant-scoped transaction. */
@Injectable()
export class TaskRepository {
  /** Fills in the times that the database gives it. */
  async insert(manager: EntityManager, task: Task): Promise<void> {
    await manager.insert(Task, task);
  }

  async list(manager: EntityManager, tenantId: string, projectId: string, search: TaskSearch): Promise<Task[]> {
    const { limit, before, status, assigneeId, dueFrom, dueBefore } = search;
    const due = [...(dueFrom ? [MoreThanOrEqual(dueFrom)] : []), ...(dueBefore ? [LessThan(dueBefore)] : [])];
    return manager.find(Task, {
      where: {
        tenantId,
        projectId,
        ...(before === null ? {} : { id: LessThan(before) }),
        ...(status === undefined ? {} : { status: Equal(status) }),
        ...(assigneeId === undefined ? {} : { assigneeId }),
        ...(due.length === 0 ? {} : { dueAt: And(...due) }),
      },
      order: { id: 'DESC' },
      take: limit,
    });
  }

  async find(manager: EntityManager, tenantId: string, projectId: string, id: string): Promise<Task | null> {
    return manager.findOneBy(Task, { tenantId, projectId, id });
  }

  /**
   * Holds the row until the transaction ends, so that changes come one after the other, each made of what is there.
   * @param projectId null where it is not known whose the task is
   */
  async lock(manager: EntityManager, tenantId: string, projectId: string | null, id: string): Promise<Task | null> {
    return manager.findOne(Task, {
      where: { tenantId, id, ...(projectId === null ? {} : { projectId }) },
      lock: { mode: 'pessimistic_write' },
    });
  }

  /** Writes what was changed of it. */
  async save(manager: EntityManager, task: Task): Promise<Task> {
    return manager.save(task);
  }

  async delete(manager: EntityManager, { tenantId, id }: Task): Promise<void> {
    await manager.delete(Task, { tenantId, id });
  }

  /** All of a project's; returns how many there were. */
  async deleteOfProject(manager: EntityManager, tenantId: string, projectId: string): Promise<number> {
    const { affected } = await manager.delete(Task, { tenantId, projectId });
    return affected ?? 0;
  }

  /** Whether there is such a user in the tenant. Users are a room of their own, and known here by the schema. */
  async isUser(manager: EntityManager, tenantId: string, userId: string): Promise<boolean> {
    const found: unknown[] = await manager.query('SELECT FROM users WHERE tenant_id = $1 AND id = $2 FOR KEY SHARE', [
      tenantId,
      userId,
    ]);
    return found.length > 0;
  }
}
