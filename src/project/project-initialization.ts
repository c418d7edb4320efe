import { ownProperty } from '@mira/json';

const MAX_NAME_LENGTH = 255;
const MAX_DESCRIPTION_LENGTH = 10_000;

/** What a `project_initialization` webhook asks for, or why it cannot be done. */
export type ProjectInitialization =
  | { readonly kind: 'ok'; readonly name: string; readonly description: string | null }
  | { readonly kind: 'refused'; readonly reason: string };

/** Reads `{ workflow_type, data: { name, description? } }`. The reasons repeat nothing of what was sent. */
export function readProjectInitialization(payload: unknown): ProjectInitialization {
  if (!isObject(payload)) return refused('the body is not a JSON object');
  const data = ownProperty(payload, 'data');
  if (!isObject(data)) return refused('data is missing or not an object');

  const name = ownProperty(data, 'name') ?? null;
  if (name === null) return refused('data.name is missing');
  if (typeof name !== 'string') return refused('data.name is not a text');
  if (name.trim() === '') return refused('data.name is empty');

  const description = ownProperty(data, 'description') ?? null;
  if (description !== null && typeof description !== 'string') return refused('data.description is not a text');

  const fault =
    textFault('data.name', name, MAX_NAME_LENGTH) ??
    textFault('data.description', description ?? '', MAX_DESCRIPTION_LENGTH);
  return fault === null ? { kind: 'ok', name, description } : refused(fault);
}

/** `maxLength` counts characters, not UTF-16 units. */
function textFault(field: string, text: string, maxLength: number): string | null {
  if (text.length > 2 * maxLength || Array.from(text).length > maxLength) {
    return `${field} is longer than ${maxLength} characters`;
  }
  // PostgreSQL's text cannot hold it, however often it is tried.
  return text.includes('\0') ? `${field} contains a NUL character` : null;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function refused(reason: string): ProjectInitialization {
  return { kind: 'refused', reason: `No project was made: ${reason}.` };
}
