import { daysBefore, endOf, startsBetween } from './periods';

describe('the periods of usage', () => {
  it('end at midnight UTC', () => {
    expect(endOf('day', '2026-12-31').toISOString()).toBe('2027-01-01T00:00:00.000Z');
    expect(endOf('month', '2026-12-05').toISOString()).toBe('2027-01-01T00:00:00.000Z');
    expect(endOf('month', '2026-02-01').toISOString()).toBe('2026-03-01T00:00:00.000Z');
  });

  it('follow each other without a gap', () => {
    expect(startsBetween('day', '2026-02-27', '2026-03-01')).toEqual(['2026-02-27', '2026-02-28', '2026-03-01']);
    expect(startsBetween('month', '2026-11-22', '2027-01-01')).toEqual(['2026-11-01', '2026-12-01', '2027-01-01']);
    expect(startsBetween('day', '2026-02-02', '2026-02-01')).toEqual([]);
  });

  it('are counted back over the ends of months', () => {
    expect(daysBefore('2026-03-01', 1)).toBe('2026-02-28');
  });
});
