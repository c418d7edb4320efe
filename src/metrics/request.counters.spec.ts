import { RequestCounters, successRate } from './request.counters';
import { outcomeOf, WEBHOOK_OUTCOMES } from './webhook-outcome';

describe('the outcome of an answer', () => {
  it.each([
    [202, undefined, 'accepted'],
    [200, undefined, 'answered'],
    [204, undefined, 'answered'],
    [429, 'rate-limit-exceeded', 'rate_limited'],
    [429, 'quota-exceeded', 'quota_exceeded'],
    [403, 'invalid-signature', 'invalid_signature'],
    [403, 'forbidden', 'rejected'],
    [401, 'unauthorized', 'rejected'],
    [404, undefined, 'rejected'],
    [413, 'payload-too-large', 'rejected'],
    [508, 'loop-detected', 'rejected'],
    [500, 'internal', 'failed'],
    [503, 'service-unavailable', 'failed'],
  ] as const)('of %i %s is %s', (status, problem, outcome) => {
    expect(outcomeOf(status, problem)).toBe(outcome);
  });
});

describe('the request counters', () => {
  it('put each request into exactly one field beside the total', () => {
    const sut = new RequestCounters();
    for (const outcome of WEBHOOK_OUTCOMES) sut.count(outcome);
    const { total_requests, success_rate: _rate, uptime_compliance: _met, ...fields } = sut.totals();

    expect(total_requests).toBe(WEBHOOK_OUTCOMES.length);
    expect(Object.values(fields).reduce((sum, count) => sum + count, 0)).toBe(total_requests);
    expect(fields).toMatchObject({ successful_requests: 2, failed_requests: 1, rate_limited_requests: 1 });
  });

  it('take no refusal for a failure, nor for a success', () => {
    const sut = new RequestCounters();
    for (const outcome of ['rate_limited', 'invalid_signature', 'quota_exceeded', 'rejected'] as const)
      sut.count(outcome);
    expect(sut.totals()).toMatchObject({ total_requests: 4, success_rate: 100, uptime_compliance: true });

    sut.count('failed');

    expect(sut.totals()).toMatchObject({ failed_requests: 1, success_rate: 0, uptime_compliance: false });
  });

  it('keep the promise at 999 of 1000 and break it just below', () => {
    expect(successRate(999, 1)).toBe(99.9);
    expect(successRate(99_899, 101)).toBe(99.89);
    expect(totalsAfter(999, 1).uptime_compliance).toBe(true);
    expect(totalsAfter(998, 1).uptime_compliance).toBe(false);
  });

  it('never call it 100 when something failed', () => {
    expect(successRate(9_999_999, 1)).toBe(99.99);
    expect(successRate(3, 0)).toBe(100);
    expect(successRate(0, 0)).toBe(100);
    expect(successRate(2, 1)).toBe(66.66);
  });
});

function totalsAfter(accepted: number, failed: number) {
  const counters = new RequestCounters();
  for (let i = 0; i < accepted; i += 1) counters.count('accepted');
  for (let i = 0; i < failed; i += 1) counters.count('failed');
  return counters.totals();
}
