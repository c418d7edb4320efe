import { isUUID } from 'class-validator';
import { newId } from './new-id';

describe('newId', () => {
  it('makes UUIDs of version 7 that carry the time', () => {
    const before = Date.now();
    const id = newId();
    expect(isUUID(id, 7)).toBe(true);
    const unixMs = Number.parseInt(id.slice(0, 13).replace('-', ''), 16);
    expect(unixMs).toBeGreaterThanOrEqual(before);
    expect(unixMs).toBeLessThanOrEqual(Date.now() + 1);
  });

  it('goes up strictly, however many are made in a millisecond', () => {
    const ids = Array.from({ length: 50_000 }, newId);
    for (let i = 1; i < ids.length; i++) expect((ids[i - 1] ?? '') < (ids[i] ?? '')).toBe(true);
    expect(ids.every((id) => isUUID(id, 7))).toBe(true);
  });
});
