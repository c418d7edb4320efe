import { type Course, reachedAt } from './forecast';

const HOUR = 3_600_000;
const now = new Date('2026-03-01T12:00:00Z');
const aCourse = (course: Partial<Course>): Course => ({
  max: 100,
  used: 50,
  came: 50,
  inMs: 12 * HOUR,
  resetsAt: null,
  now,
  ...course,
});

describe('the forecast of a limit', () => {
  it('goes on as it went', () => {
    expect(reachedAt(aCourse({}))).toEqual(new Date('2026-03-02T00:00:00Z'));
    expect(reachedAt(aCourse({ used: 90 }))).toEqual(new Date('2026-03-01T14:24:00Z'));
  });

  it('is now where it is reached', () => {
    expect(reachedAt(aCourse({ used: 100 }))).toEqual(now);
    expect(reachedAt(aCourse({ used: 130, came: 0 }))).toEqual(now);
  });

  it('is never where there is no limit, nothing comes, or it begins anew before', () => {
    expect(reachedAt(aCourse({ max: -1 }))).toBeNull();
    expect(reachedAt(aCourse({ came: 0 }))).toBeNull();
    expect(reachedAt(aCourse({ came: -3 }))).toBeNull();
    expect(reachedAt(aCourse({ resetsAt: new Date('2026-03-02T00:00:00Z') }))).toBeNull();
    expect(reachedAt(aCourse({ resetsAt: new Date('2026-03-02T00:00:01Z') }))).not.toBeNull();
    expect(reachedAt(aCourse({ max: 1_000_000, came: 1 }))).toBeNull();
  });
});
