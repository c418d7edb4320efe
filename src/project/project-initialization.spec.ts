import { readProjectInitialization } from './project-initialization';

function read(data: unknown) {
  return readProjectInitialization({ workflow_type: 'project_initialization', data });
}

describe('what a project_initialization webhook asks for', () => {
  it('is a project with a name, and a description if it brings one', () => {
    expect(read({ name: 'Apollo' })).toEqual({ kind: 'ok', name: 'Apollo', description: null });
    expect(read({ name: 'Apollo', description: null })).toEqual({ kind: 'ok', name: 'Apollo', description: null });
    expect(read({ name: 'Apollo', description: 'To the Moon', more: 1 })).toEqual({
      kind: 'ok',
      name: 'Apollo',
      description: 'To the Moon',
    });
  });

  it('may have a name of 255 characters, whatever alphabet they are of', () => {
    for (const name of ['x'.repeat(255), 'é'.repeat(255), '🚀'.repeat(255)]) {
      expect(read({ name })).toEqual({ kind: 'ok', name, description: null });
    }
  });

  it.each<[string, unknown, RegExp]>([
    ['no name', {}, /data\.name is missing/],
    ['null as name', { name: null }, /data\.name is missing/],
    ['a name that every object inherits', Object.create({ name: 'Apollo' }), /data\.name is missing/],
    ['an empty name', { name: '' }, /data\.name is empty/],
    ['a blank name', { name: ' \n\t' }, /data\.name is empty/],
    ['a number as name', { name: 7 }, /data\.name is not a text/],
    ['a list as name', { name: ['Apollo'] }, /data\.name is not a text/],
    ['a name of 256 characters', { name: 'x'.repeat(256) }, /data\.name is longer than 255 characters/],
    ['256 characters of two units', { name: '🚀'.repeat(256) }, /data\.name is longer than 255 characters/],
    ['a NUL in its name', { name: 'a\0b' }, /data\.name contains a NUL/],
    ['a number as description', { name: 'Apollo', description: 7 }, /data\.description is not a text/],
    ['a NUL in its description', { name: 'Apollo', description: '\0' }, /data\.description contains a NUL/],
    [
      'an endless description',
      { name: 'a', description: 'x'.repeat(10_001) },
      /data\.description is longer than 10000/,
    ],
    ['no data', undefined, /data is missing or not an object/],
    ['a list as data', [{ name: 'Apollo' }], /data is missing or not an object/],
    ['a text as data', 'Apollo', /data is missing or not an object/],
  ])('is refused with %s', (_case, data, reason) => {
    expect(read(data)).toEqual({ kind: 'refused', reason: expect.stringMatching(reason) });
  });

  it.each([null, undefined, 'text', 7, [], [{ data: { name: 'Apollo' } }]])('is refused for %j as body', (payload) => {
    expect(readProjectInitialization(payload)).toEqual({
      kind: 'refused',
      reason: 'No project was made: the body is not a JSON object.',
    });
  });

  it('tells nothing of what was sent', () => {
    expect(JSON.stringify(read({ name: 'hunter2'.repeat(99) }))).not.toContain('hunter2');
  });
});
