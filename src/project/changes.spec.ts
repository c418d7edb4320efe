import { changesBetween } from './changes';

describe('what changed', () => {
  const before = { id: '1', title: 'a', due_at: null, updated_at: '2026-01-01T00:00:00.000Z' };

  it('is told by field, with what was and what is', () => {
    const after = { ...before, title: 'b', due_at: '2026-02-01T00:00:00.000Z', updated_at: '2026-01-02T00:00:00.000Z' };
    expect(changesBetween<object>(before, after)).toEqual({
      title: { before: 'a', after: 'b' },
      due_at: { before: null, after: '2026-02-01T00:00:00.000Z' },
    });
  });

  it('is nothing where only the time of the change moved', () => {
    expect(changesBetween(before, { ...before, updated_at: '2026-01-02T00:00:00.000Z' })).toBeNull();
    expect(changesBetween(before, before)).toBeNull();
  });
});
