import { ownProperty } from '@mira/json';
import { type FieldError, validationProblem } from '@mira/problem';
import { plainToInstance } from 'class-transformer';
import { isUUID, validateSync } from 'class-validator';
import { UpdateTaskDto } from './task.dto';

/** What a `task_update` webhook asks for, or why it cannot be done. */
export type TaskUpdate =
  | { readonly kind: 'ok'; readonly taskId: string; readonly changes: UpdateTaskDto }
  | { readonly kind: 'refused'; readonly reason: string };

const CHANGEABLE = ['title', 'description', 'status', 'assignee_id', 'due_at'] as const;

/**
 * Reads `{ workflow_type, data: { task_id, title?, description?, status?, assignee_id?, due_at? } }`; what else stands in
 * `data` is passed over. The fields are held to what REST holds them to. The reasons repeat nothing of what was sent.
 */
export function readTaskUpdate(payload: unknown): TaskUpdate {
  const data = ownProperty(payload, 'data');
  if (typeof data !== 'object' || data === null || Array.isArray(data)) {
    return notChanged('data is missing or not an object');
  }
  const taskId = ownProperty(data, 'task_id');
  if (typeof taskId !== 'string' || !isUUID(taskId)) return notChanged('data.task_id must be the id of a task');
  const given = CHANGEABLE.flatMap((field) => {
    const value = ownProperty(data, field);
    // No field is an object, and what makes an instance calls the `constructor` of one.
    const isObject = typeof value === 'object' && value !== null;
    return value === undefined ? [] : [[field, isObject ? [] : value] as const];
  });
  if (given.length === 0) return notChanged(`data names nothing to change: give one of ${CHANGEABLE.join(', ')}`);
  const changes = plainToInstance(UpdateTaskDto, Object.fromEntries(given));
  const faults = validateSync(changes);
  if (faults.length > 0) return notChanged(inWords(validationProblem(faults).errors));
  return { kind: 'ok', taskId: taskId.toLowerCase(), changes };
}

export function notChanged(reason: string): Extract<TaskUpdate, { kind: 'refused' }> {
  return { kind: 'refused', reason: `No task was changed: ${reason}.` };
}

/** Wrong fields of a task, as fields of the webhook. */
export function inWords(errors: readonly FieldError[] = []): string {
  return errors.map(({ field, message }) => `data.${field} ${message}`).join('; ');
}
