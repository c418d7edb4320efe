import 'reflect-metadata';
import { readTaskUpdate } from './task-update';

const ID = '0198c0de-0000-7000-8000-0000000000ff';

function read(data: unknown) {
  return readTaskUpdate({ workflow_type: 'task_update', data });
}

describe('what a task_update webhook asks for', () => {
  it('is the change of the fields that it names', () => {
    const read1 = read({
      task_id: ID.toUpperCase(),
      status: 'completed',
      due_at: '2027-01-01',
      description: null,
      more: 1,
    });
    expect(read1).toMatchObject({
      kind: 'ok',
      taskId: ID,
      changes: { status: 'completed', due_at: new Date('2027-01-01T00:00:00Z'), description: null },
    });
    expect(read1.kind === 'ok' && read1.changes.title).toBeUndefined();
  });

  it.each<[string, unknown, RegExp]>([
    ['no data', undefined, /data is missing or not an object/],
    ['a list as data', [], /data is missing or not an object/],
    ['no task', { status: 'open' }, /data\.task_id must be the id of a task/],
    ['something else than an id', { task_id: 'the first one', status: 'open' }, /data\.task_id must be/],
    ['nothing to change', { task_id: ID }, /names nothing to change: give one of title, description, status/],
    ['only what is not known', { task_id: ID, statuss: 'open' }, /names nothing to change/],
    ['a status that there is not', { task_id: ID, status: 'done' }, /data\.status must be one of open, in_progress/],
    ['a title of nothing', { task_id: ID, title: ' ' }, /data\.title must be a text of 1 to 255 characters/],
    ['an object as title', { task_id: ID, title: { constructor: 'x' } }, /data\.title must be a text/],
    ['an object as time', { task_id: ID, due_at: { constructor: 'x' } }, /data\.due_at must be a time/],
    ['null as title', { task_id: ID, title: null }, /data\.title must be a text/],
    ['a NUL', { task_id: ID, description: '\0' }, /data\.description must be a text .* without NUL/],
    ['no time', { task_id: ID, due_at: 'tomorrow' }, /data\.due_at must be a time such as/],
    ['an assignee that is no id', { task_id: ID, assignee_id: 'ada' }, /data\.assignee_id must be the id of a user/],
    ['what objects inherit', Object.create({ task_id: ID, status: 'open' }), /data\.task_id must be/],
  ])('is refused with %s', (_case, data, reason) => {
    expect(read(data)).toEqual({ kind: 'refused', reason: expect.stringMatching(reason) });
  });

  it.each([null, undefined, 'text', 7, []])('is refused for %j as body', (payload) => {
    expect(readTaskUpdate(payload)).toMatchObject({ kind: 'refused' });
  });

  it('tells nothing of what was sent', () => {
    expect(JSON.stringify(read({ task_id: 'hunter2', title: ['hunter2'] }))).not.toContain('hunter2');
  });
});
