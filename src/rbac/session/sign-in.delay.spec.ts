import { afterFailure, DELAY_POLICIES, type DelayPolicy, type FailureState, secondsBlocked } from './sign-in.delay';

const start = new Date('2026-11-22T12:00:00.000Z');
const policy: DelayPolicy = { free: 2, first: 10, longest: 60 };

function after(seconds: number): Date {
  return new Date(start.getTime() + seconds * 1_000);
}

/** Failures that come as soon as they may; returns the wait after each. */
function waits(times: number, rule: DelayPolicy): number[] {
  let state: FailureState | null = null;
  let now = start;
  return Array.from({ length: times }, () => {
    state = afterFailure(state, rule, now);
    const wait = secondsBlocked(state, now);
    now = new Date(now.getTime() + wait * 1_000);
    return wait;
  });
}

describe('the delay of sign-ins', () => {
  it('costs nothing at first, then doubles up to its longest', () => {
    expect(waits(7, policy)).toEqual([0, 0, 10, 20, 40, 60, 60]);
  });

  it('stops who guesses at one account from one address at the fifth failure', () => {
    expect(waits(12, DELAY_POLICIES.accountAtAddress)).toEqual([0, 0, 0, 0, 15, 30, 60, 120, 240, 480, 900, 900]);
  });

  it('never holds an account up for longer than a minute, whatever others try', () => {
    expect(Math.max(...waits(200, DELAY_POLICIES.account))).toBe(60);
  });

  it('is over when its time is', () => {
    const state = { failures: 3, failedAt: start, blockedUntil: after(10) };
    expect([0, 9.5, 10, 11].map((seconds) => secondsBlocked(state, after(seconds)))).toEqual([10, 1, 0, 0]);
    expect(secondsBlocked(null, start)).toBe(0);
  });

  it('forgets failures that are a quarter of an hour old, counted from the end of the wait', () => {
    const state = { failures: 5, failedAt: start, blockedUntil: after(60) };
    expect(afterFailure(state, policy, after(60 + 899)).failures).toBe(6);
    expect(afterFailure(state, policy, after(60 + 900)).failures).toBe(1);
  });
});
