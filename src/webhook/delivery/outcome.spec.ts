import { type AttemptResult, outcomeOf, resultOfStatus } from './outcome';

const now = new Date('2026-11-22T10:00:00.000Z');
const policy = { scheduleSeconds: [0, 5, 30, 120], jitter: 0 };
const after = (number: number, rejections = 0) => ({ number, endedAt: now, rejections });
const decide = (result: AttemptResult, history = after(1)) => outcomeOf(result, history, policy, () => 0.5);

describe('the outcome of an attempt', () => {
  it('is delivered when it worked', () => {
    expect(decide({ kind: 'done' })).toEqual({ kind: 'delivered', reason: null });
  });

  it('is dead at once when the receiver is gone', () => {
    expect(decide({ kind: 'gone', detail: 'gone' })).toMatchObject({ kind: 'dead', reason: 'gone' });
  });

  it('is another attempt while a failure has one left', () => {
    const outcome = decide({ kind: 'failed', detail: 'away', retryAfter: null }, after(2));
    expect(outcome).toEqual({ kind: 'retry', at: new Date(now.getTime() + 30_000), reason: 'away', rejected: false });
  });

  it('is dead when no attempt is left, with the last reason', () => {
    const outcome = decide({ kind: 'failed', detail: 'away', retryAfter: null }, after(4));
    expect(outcome).toMatchObject({ kind: 'dead', reason: 'No attempt is left. The last one: away' });
  });

  it('takes a rejection for final at the third', () => {
    const rejected: AttemptResult = { kind: 'rejected', detail: 'no' };
    expect(decide(rejected, after(1, 0))).toMatchObject({ kind: 'retry', rejected: true });
    expect(decide(rejected, after(2, 1))).toMatchObject({ kind: 'retry', rejected: true });
    expect(decide(rejected, after(3, 2))).toMatchObject({ kind: 'dead', reason: 'no' });
  });

  it('counts rejections only: failures in between do not make the next rejection final', () => {
    expect(decide({ kind: 'rejected', detail: 'no' }, after(3, 0))).toMatchObject({ kind: 'retry' });
  });
});

describe('an HTTP status', () => {
  it.each([200, 201, 202, 204, 299])('%d is done', (status) => {
    expect(resultOfStatus(status, null).kind).toBe('done');
  });

  it.each([410, 508])('%d is gone', (status) => {
    expect(resultOfStatus(status, null).kind).toBe('gone');
  });

  it.each([400, 401, 403, 404, 405, 413, 422, 499])('%d is rejected', (status) => {
    expect(resultOfStatus(status, null).kind).toBe('rejected');
  });

  it.each([301, 302, 308, 408, 409, 425, 429, 500, 502, 503, 599])('%d failed, and hands Retry-After on', (status) => {
    expect(resultOfStatus(status, now)).toMatchObject({ kind: 'failed', retryAfter: now });
  });
});
