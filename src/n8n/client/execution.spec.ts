import { readExecution } from './execution';

describe('an execution as n8n tells of it', () => {
  it.each([
    ['2026-01-02T03:04:05.678Z', '2026-01-02T03:04:05.678Z'],
    ['1970-01-01T00:00:00Z', '1970-01-01T00:00:00.000Z'],
    ['-200000-01-01T00:00:00Z', null],
    ['1969-12-31T23:59:59Z', null],
    ['9999-12-31T23:59:59-12:00', null],
    ['+200000-01-01T00:00:00Z', null],
    ['soon', null],
    [1_700_000_000_000, null],
  ])('has times that the database takes, and no others: %s', (said, expected) => {
    const execution = readExecution({ id: 1, startedAt: said, stoppedAt: said });
    const at = expected === null ? null : new Date(expected);
    expect(execution).toMatchObject({ startedAt: at, stoppedAt: at });
  });

  it.each([[1e21], [1.5], ['x'.repeat(65)], ['a\0b'], ['\ud800'], [null], [{}]])('is none with the id %j', (id) => {
    expect(readExecution({ id })).toBeNull();
  });

  it('has an error of characters that the database takes', () => {
    const error = { message: 'a\0b \ud800 c', node: { name: 'N\0' } };
    expect(readExecution({ id: 1, data: { resultData: { error } } })?.error).toBe('a b \ufffd c (node N)');
  });

  it.each([
    ['2', 2],
    ['0', null],
    ['-1', null],
    ['1e3', null],
    [7, null],
    [undefined, null],
  ])('knows the attempt that started it: %j', (told, attempt) => {
    const headers = { 'x-mira-delivery-id': '0198c0de-0000-7000-8000-0000000000ff', 'x-mira-attempt': told };
    const runData = { Webhook: [{ data: { main: [[{ json: { headers } }]] } }] };
    expect(readExecution({ id: 1, data: { resultData: { runData } } })).toMatchObject({
      deliveryId: headers['x-mira-delivery-id'],
      attempt,
    });
  });
});
