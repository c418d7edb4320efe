import 'reflect-metadata';
import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import { IfGiven } from './if-given.decorator';
import { IsInstant } from './instant.decorator';
import { IsLine, IsListOfLines } from './line.decorator';

class Input {
  @IfGiven()
  @IsLine(5)
  line?: string;

  @IfGiven()
  @IsListOfLines(2, 3)
  lines?: string[];

  @IfGiven()
  @IsInstant()
  at?: Date;
}

function faultsOf(input: object): string[] {
  return validateSync(plainToInstance(Input, input)).map(({ property }) => property);
}

it('lets what may be left out be absent, and never null', () => {
  expect(faultsOf({})).toEqual([]);
  expect(faultsOf({ line: null, lines: null, at: null })).toEqual(['line', 'lines', 'at']);
});

describe('a line', () => {
  it.each(['a', 'a b', 'äöüß!', '12345', '😀'])('may be %j', (line) => {
    expect(faultsOf({ line })).toEqual([]);
  });

  it.each(['', '   ', '123456', 'a\nb', 'a\0', '\u0085', '\ud800', 7, {}, ['a']])('may not be %j', (line) => {
    expect(faultsOf({ line })).toEqual(['line']);
  });
});

describe('a list of lines', () => {
  it.each([[[]], [['a']], [['abc', 'b']]])('may be %j', (lines) => {
    expect(faultsOf({ lines })).toEqual([]);
  });

  it.each(['a', {}, [['a', 'b', 'c']], [['abcd']], [['']], [[null]], [[['a']]]])('may not be %j', (lines) => {
    expect(faultsOf({ lines })).toEqual(['lines']);
  });
});

describe('an instant', () => {
  it.each([
    ['2026-01-31T12:00:00Z', '2026-01-31T12:00:00.000Z'],
    ['2026-01-31T12:00:00.123456Z', '2026-01-31T12:00:00.123Z'],
    ['2026-01-31T12:00+02:00', '2026-01-31T10:00:00.000Z'],
    ['2024-02-29', '2024-02-29T00:00:00.000Z'],
  ])('may be %s', (at, expected) => {
    expect(faultsOf({ at })).toEqual([]);
    expect(plainToInstance(Input, { at }).at).toEqual(new Date(expected));
  });

  it.each([
    '',
    'today',
    '2026',
    '2026-02-30',
    '2026-01-31T12:00:00',
    '2026-W05',
    '2026-01-31T25:00:00Z',
    1_700_000_000,
  ])('may not be %j', (at) => {
    expect(faultsOf({ at })).toEqual(['at']);
  });
});
