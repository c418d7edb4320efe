import { isUUID } from 'class-validator';
import { idAt as idAtTime } from '../../../test/support/id-at';
import { idAfter, idBefore } from './id-time';

const now = new Date('2026-11-22T10:00:00.000Z');
const idAt = (offsetMs: number) => idAtTime(now.getTime() + offsetMs);

it('bounds the ids of a time, wherever in its minute they were made', () => {
  for (const offsetMs of [-59_999, 0, 59_999]) {
    expect(idBefore(now) < idAt(offsetMs)).toBe(true);
    expect(idAfter(now) > idAt(offsetMs)).toBe(true);
  }
  expect(idBefore(now) > idAt(-60_001)).toBe(true);
  expect(idAfter(now) < idAt(60_001)).toBe(true);
});

it.each(['0001-01-01', '1970-01-01', '2026-11-22', '9999-12-31'])('is an id for %s', (day) => {
  expect(isUUID(idBefore(new Date(day)))).toBe(true);
  expect(isUUID(idAfter(new Date(day)))).toBe(true);
});
