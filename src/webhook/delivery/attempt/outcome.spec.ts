import { type AttemptHistory, type AttemptResult, outcomeOf, resultOfStatus } from './outcome';

const now = new Date('2026-11-22T10:00:00.000Z');
const policy = { scheduleSeconds: [0, 5, 30, 120], jitter: 0 };
const after = (number: number, rejections = 0, held = 0) => ({ number, endedAt: now, rejections, held });
const decide = (result: AttemptResult, history = after(1)) => outcomeOf(result, history, policy, () => 0.5);

describe('the outcome of an attempt', () => {
  it('is delivered when it worked', () => {
    expect(decide({ kind: 'done' })).toEqual({ kind: 'delivered', reason: null });
  });

  it('is dead at once when the receiver is gone', () => {
    expect(decide({ kind: 'gone', detail: 'gone' })).toMatchObject({ kind: 'dead', reason: 'gone' });
  });

  it('says in one word why it is dead', () => {
    const causeOf = (result: AttemptResult, history: AttemptHistory) => {
      const outcome = decide(result, history);
      return outcome.kind === 'dead' ? outcome.cause : outcome.kind;
    };
    expect(causeOf({ kind: 'gone', detail: 'gone' }, after(1))).toBe('gone');
    expect(causeOf({ kind: 'gone', cause: 'target_deleted', detail: 'gone' }, after(1))).toBe('target_deleted');
    expect(causeOf(resultOfStatus(410, null), after(1))).toBe('gone');
    expect(causeOf(resultOfStatus(508, null), after(1))).toBe('loop');
    expect(causeOf({ kind: 'rejected', detail: 'no' }, after(3, 2))).toBe('rejected');
    expect(causeOf({ kind: 'failed', detail: 'away', retryAfter: null }, after(4))).toBe('exhausted');
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

  const hold: AttemptResult = { kind: 'hold', reason: 'starting', scope: 'integration', detail: 'not yet' };

  it('is held where the receiver takes nothing now, however often, and uses nothing of the schedule up', () => {
    const held = { kind: 'held', reason: 'not yet', rejected: false, heldFor: 'starting', scope: 'integration' };
    expect(decide(hold)).toEqual(held);
    expect(decide(hold, after(1_000, 0, 999))).toEqual(held);
    const failed: AttemptResult = { kind: 'failed', detail: 'away', retryAfter: null };
    expect(decide(failed, after(1_000, 0, 998))).toMatchObject({ kind: 'retry', at: new Date(now.getTime() + 30_000) });
    expect(decide(failed, after(1_000, 0, 996))).toMatchObject({ kind: 'dead' });
  });

  it('follows the schedule once the connection broke so often that the delivery itself may be what breaks it', () => {
    const broken: AttemptResult = { ...hold, maybeItself: true };
    expect(decide(broken, after(10, 0, 9))).toMatchObject({ kind: 'held' });
    expect(decide(broken, after(11, 0, 10))).toMatchObject({ kind: 'retry' });
  });

  const long = `a\u0000b\r\nc\u001b[2K\u2028${'\u{1f600}'.repeat(2_000_000)}`;
  it.each<[string, AttemptResult, AttemptHistory]>([
    ['done', { kind: 'done', detail: long }, after(1)],
    ['gone', { kind: 'gone', detail: long }, after(1)],
    ['rejected', { kind: 'rejected', detail: long }, after(1)],
    ['rejected for good', { kind: 'rejected', detail: long }, after(3, 2)],
    ['failed', { kind: 'failed', detail: long, retryAfter: null }, after(1)],
    ['held', { ...hold, detail: long }, after(1)],
    ['failed for good', { kind: 'failed', detail: long, retryAfter: null }, after(4)],
  ])('has one short line as its reason, whatever a receiver says: %s', (_case, result, history) => {
    const reason = decide(result, history).reason ?? '';
    expect(reason).toContain('a b c [2K ');
    expect(reason.length).toBeLessThanOrEqual(500);
    expect(reason.endsWith('…')).toBe(true);
    expect(reason.isWellFormed()).toBe(true);
    expect(reason).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}]/u);
  });

  it.each(['', 'x'])('is not cut through a character: after %j', (start) => {
    const { reason } = decide({ kind: 'gone', detail: start + '\u{1f600}'.repeat(500) });
    expect(reason?.isWellFormed()).toBe(true);
    expect(reason?.length).toBe(500);
  });

  it('has its reason as it is where that is short', () => {
    expect(decide({ kind: 'gone', detail: 'x'.repeat(500) })).toMatchObject({ reason: 'x'.repeat(500) });
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
