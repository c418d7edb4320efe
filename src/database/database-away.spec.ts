import { QueryFailedError } from 'typeorm';
import { isCollision, isDatabaseAway, isDataFault, isLockTimeout } from './database-away';

const anError = (code: string, message = 'no') => Object.assign(new Error(message), { code });

describe('what an error of the database means', () => {
  it.each([
    ['a connection that broke', '08006'],
    ['a server that stops', '57P01'],
    ['one that starts', '57P03'],
    ['one without a connection left', '53300'],
    ['a full disk', '53100'],
    ['no memory left', '53200'],
    ['a disk that fails', '58030'],
    ['a standby where the primary was', '25006'],
    ['a statement that took too long', '57014'],
    ['nothing that listens', 'ECONNREFUSED'],
  ])('%s (%s): it is away, also where it is told by TypeORM', (_case, code) => {
    expect(isDatabaseAway(anError(code))).toBe(true);
    expect(isDatabaseAway(new QueryFailedError('SELECT 1', [], anError(code)))).toBe(true);
  });

  it.each(['23505', '22P02', '42P01', '42501', '40001', ''])('%j says nothing of where it is', (code) => {
    expect(isDatabaseAway(anError(code))).toBe(false);
  });

  it('tells a value that is never taken, two who met, and a lock that somebody kept', () => {
    expect([isDataFault(anError('22021')), isDataFault(anError('40001'))]).toEqual([true, false]);
    expect([isCollision(anError('40P01')), isCollision(anError('22021'))]).toEqual([true, false]);
    expect([isLockTimeout(anError('55P03')), isLockTimeout(anError('57014'))]).toEqual([true, false]);
  });

  it('is nothing of what is no error', () => {
    expect([isDatabaseAway('57P01'), isDatabaseAway(null), isDataFault(undefined)]).toEqual([false, false, false]);
  });
});
