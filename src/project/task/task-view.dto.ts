import { ApiProperty } from '@nestjs/swagger';
import { type Task, TASK_STATUSES, type TaskStatus } from './task.entity';

/** A task as it is answered, and as events tell of it. */
export class TaskView {
  id!: string;
  project_id!: string;
  title!: string;
  description!: string | null;
  @ApiProperty({ enum: TASK_STATUSES })
  status!: TaskStatus;
  /** The user whose it is; null where it is nobody's. */
  assignee_id!: string | null;
  due_at!: string | null;
  /** Null while it is not completed. */
  completed_at!: string | null;
  created_at!: string;
  updated_at!: string;
}

export class TaskPage {
  data!: TaskView[];
  next_cursor!: string | null;
}

export function taskView(task: Task): TaskView {
  return {
    id: task.id,
    project_id: task.projectId,
    title: task.title,
    description: task.description,
    status: task.status,
    assignee_id: task.assigneeId,
    due_at: task.dueAt?.toISOString() ?? null,
    completed_at: task.completedAt?.toISOString() ?? null,
    created_at: task.createdAt.toISOString(),
    updated_at: task.updatedAt.toISOString(),
  };
}
