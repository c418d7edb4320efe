import { nextAttemptAt, parseRetryAfter } from './retry-schedule';

const now = new Date('2026-11-22T10:00:00.000Z');
const inSeconds = (seconds: number) => new Date(now.getTime() + seconds * 1_000);
const policy = { scheduleSeconds: [0, 5, 30, 120], jitter: 0.2 };
const failed = (number: number, retryAfter: Date | null = null) => ({ number, endedAt: now, retryAfter });
const middle = () => 0.5;

describe('the retry schedule', () => {
  it('waits for the time before the next attempt', () => {
    expect(nextAttemptAt(policy, failed(1), middle)).toEqual(inSeconds(5));
    expect(nextAttemptAt(policy, failed(3), middle)).toEqual(inSeconds(120));
  });

  it('ends after the last attempt', () => {
    expect(nextAttemptAt(policy, failed(4), middle)).toBeNull();
  });

  it('spreads each delay by the jitter either way, never more', () => {
    expect(nextAttemptAt(policy, failed(2), () => 0)).toEqual(inSeconds(24));
    expect(nextAttemptAt(policy, failed(2), () => 0.999_999)?.getTime()).toBeCloseTo(inSeconds(36).getTime(), -2);
  });

  it('takes Retry-After as a floor: later if asked, never earlier', () => {
    expect(nextAttemptAt(policy, failed(1, inSeconds(60)), middle)).toEqual(inSeconds(60));
    expect(nextAttemptAt(policy, failed(1, inSeconds(1)), middle)).toEqual(inSeconds(5));
  });

  it('is put off by no more than a day', () => {
    expect(nextAttemptAt(policy, failed(1, inSeconds(10 * 86_400)), middle)).toEqual(inSeconds(86_400));
  });
});

describe('Retry-After', () => {
  it.each([
    ['120', inSeconds(120)],
    ['0', now],
    ['Sun, 22 Nov 2026 10:01:00 GMT', inSeconds(60)],
  ])('reads %j', (value, expected) => {
    expect(parseRetryAfter(value, now)).toEqual(expected);
  });

  it.each(['', '-5', '1.5', 'soon', '2026-11-22', '99999999999', 'never GMT'])('passes over %j', (value) => {
    expect(parseRetryAfter(value, now)).toBeNull();
  });
});
