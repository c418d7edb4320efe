import { describeError } from './index';

describe('what the log gets to know of an error', () => {
  it('is its name, message, stack and code, and those of its causes', () => {
    const driver = Object.assign(new Error('duplicate key'), { code: '23505' });
    const report = describeError(new TypeError('the query failed', { cause: driver }));

    expect(report).toMatchObject({
      type: 'TypeError',
      message: 'the query failed',
      cause: { type: 'Error', message: 'duplicate key', code: '23505' },
    });
    expect(report.stack).toContain('report.spec');
  });

  it('is never a value that a driver or a parser left on it', () => {
    const failed = Object.assign(new Error('failed'), { parameters: ['whsec_abc'], body: '{"token":"abc"}' });

    expect(JSON.stringify(describeError(failed))).not.toContain('abc');
  });

  it('ends, even where an error is its own cause', () => {
    const error = new Error('round');
    error.cause = error;

    expect(() => JSON.stringify(describeError(error))).not.toThrow();
  });

  it('does not repeat what was thrown where that is no error', () => {
    expect(describeError('the password is abc')).toEqual({
      type: 'string',
      message: 'something that is no Error was thrown',
    });
  });
});
