import { Problem } from '@mira/problem';
import { Injectable } from '@nestjs/common';
import { Agent, type AgentEvent, type AgentResult } from '../../agent/agent';
import { inWords, notChanged, readTaskUpdate } from './task-update';
import { type ChangeByEvent, TaskService } from './task.service';

/** Makes the change to a task that a workflow asks for, once however often its event is delivered. */
@Injectable()
export class TaskUpdateAgent extends Agent {
  readonly name = 'task_update';
  readonly description = 'Changes the task that the webhook names, as it says.';
  override readonly subscriptions = [{ service: 'n8n', eventType: 'task_update' }] as const;
  override readonly isStandard = true;
  override readonly permissions = ['project:update'] as const;

  constructor(private readonly tasks: TaskService) {
    super();
  }

  async handle(event: AgentEvent): Promise<AgentResult> {
    const asked = readTaskUpdate(event.payload);
    if (asked.kind === 'refused') return asked;
    try {
      const change = await this.tasks.updateByEvent(event, this.name, asked.taskId, asked.changes);
      return { kind: 'done', detail: told(change, asked.taskId) };
    } catch (error) {
      const reason = error instanceof Problem ? reasonFor(error) : null;
      if (reason === null) throw error;
      return notChanged(reason);
    }
  }
}

function told(change: ChangeByEvent, taskId: string): string {
  switch (change) {
    case 'changed':
      return `Changed task ${taskId}.`;
    case 'unchanged':
      return `Task ${taskId} was so already.`;
    case 'repeated':
      return `Task ${taskId} was changed by this event before.`;
  }
}

/** What stays wrong however often it is tried; null for all else. */
function reasonFor(problem: Problem): string | null {
  if (problem.code === 'not-found') return 'there is no such task';
  return problem.code === 'validation-failed' ? inWords(problem.errors) : null;
}
