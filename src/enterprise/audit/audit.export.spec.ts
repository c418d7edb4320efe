import { csvCell } from './audit.export';

describe('a cell of the CSV', () => {
  it.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', '\n=1', '|cmd', '%0A'])(
    'is no formula to a spreadsheet: %j',
    (text) => {
      expect(csvCell(text).replace(/^"/, '')).toMatch(/^'/);
    },
  );

  it('is quoted where it would end early', () => {
    expect(csvCell('a,b')).toBe('"a,b"');
    expect(csvCell('a "b"')).toBe('"a ""b"""');
    expect(csvCell('a\nb')).toBe('"a\nb"');
    expect(csvCell({ a: 1, b: 'c' })).toBe('"{""a"":1,""b"":""c""}"');
  });

  it('is else what it is', () => {
    expect([csvCell('plain'), csvCell(7), csvCell(null), csvCell(undefined)]).toEqual(['plain', '7', '', '']);
  });
});
