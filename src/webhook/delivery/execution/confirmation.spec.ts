import type { N8nExecution } from '../../../n8n/client/execution';
import { type Asked, confirmationOf, type Finding, type NotRepeated, repetitionOf } from './confirmation';
import { confirmationDelayMs, executionRetryDelayMs } from './confirmation.schedule';

const HOUR_MS = 3_600_000;

function asked(more: Partial<Asked> = {}): Asked {
  return { count: 1, ageMs: 500, status: 'accepted', ...more };
}

function found(status: N8nExecution['status'], error: string | null = null): Finding {
  const times = { startedAt: null, stoppedAt: null };
  return {
    kind: 'found',
    execution: { id: '1', status, error, workflowId: 'w', retryOf: null, deliveryId: null, attempt: null, ...times },
  };
}

describe('what a delivery comes to by its execution', () => {
  it('is its success', () => {
    expect(confirmationOf(found('success'), asked())).toEqual({ kind: 'ended', status: 'succeeded', reason: null });
  });

  it.each([
    ['error', 'no such customer', 'no such customer'],
    ['error', null, 'The execution failed; n8n does not say with what.'],
    ['crashed', null, 'The execution crashed: n8n stopped or ran out of memory.'],
    ['canceled', null, 'The execution was stopped in n8n before its end.'],
  ] as const)("is its failure, in n8n's words where there are any: %s, %s", (status, error, reason) => {
    expect(confirmationOf(found(status, error), asked())).toEqual({ kind: 'ended', status: 'failed', reason });
  });

  it.each(['new', 'running', 'waiting', 'unknown'] as const)('is open while it is %s, for a day', (status) => {
    expect(confirmationOf(found(status), asked())).toMatchObject({ kind: 'open', status: 'running', inMs: 1_000 });
    const late = confirmationOf(found(status), asked({ ageMs: 24 * HOUR_MS }));
    expect(late).toMatchObject({ kind: 'ended', status: 'unknown', reason: expect.stringMatching(/After a day/) });
  });

  it('stays as it is while n8n is away, and is not known after a day of that', () => {
    const away: Finding = { kind: 'unasked', detail: 'It is stopped.' };
    for (const status of ['accepted', 'running'] as const) {
      expect(confirmationOf(away, asked({ status, ageMs: 23 * HOUR_MS }))).toMatchObject({ kind: 'open', status });
    }
    expect(confirmationOf(away, asked({ ageMs: 24 * HOUR_MS }))).toMatchObject({ kind: 'ended', status: 'unknown' });
  });

  it('is not known where n8n will not tell, which may be put right for an hour', () => {
    const refused: Finding = { kind: 'refused', detail: 'The key is wrong.' };
    expect(confirmationOf(refused, asked({ ageMs: HOUR_MS - 1 }))).toMatchObject({ kind: 'open' });
    expect(confirmationOf(refused, asked({ ageMs: HOUR_MS }))).toEqual({
      kind: 'ended',
      status: 'unknown',
      reason: 'It cannot be known: The key is wrong.',
    });
  });

  it('has its turn soon where there was no time to ask', () => {
    expect(confirmationOf({ kind: 'put_back' }, asked({ count: 9 }))).toMatchObject({ kind: 'open', inMs: 1_000 });
    expect(confirmationOf({ kind: 'put_back' }, asked({ ageMs: 24 * HOUR_MS }))).toMatchObject({ kind: 'ended' });
  });

  it.each([
    ['none_started', 120_000, /filter .* swallowed/],
    ['unsaved', 120_000, /keeps no executions that succeed/],
    ['gone', 120_000, /no more/],
    ['may_wait', 24 * HOUR_MS, /answer with its execution id/],
  ] as const)('is not known where there is none to be seen for long: %s', (why, untilMs, words) => {
    expect(confirmationOf({ kind: 'absent', why }, asked({ ageMs: untilMs - 1 }))).toMatchObject({ kind: 'open' });
    expect(confirmationOf({ kind: 'absent', why }, asked({ ageMs: untilMs }))).toMatchObject({
      kind: 'ended',
      status: 'unknown',
      reason: expect.stringMatching(words),
    });
  });
});

describe('a failed delivery that was to run once more', () => {
  it.each<[NotRepeated, number, RegExp]>([
    [{ kind: 'refused', detail: 'no key' }, HOUR_MS, /no key/],
    [{ kind: 'unasked', detail: 'away' }, 24 * HOUR_MS, /away/],
  ])('is given up when n8n is tried for long: %j', (why, untilMs, words) => {
    const before = repetitionOf(why, { count: 1, sinceMs: untilMs - 1 });
    expect(before).toEqual({ inMs: expect.any(Number), reason: expect.stringMatching(/is to run once more/) });
    const after = repetitionOf(why, { count: 1, sinceMs: untilMs });
    expect(after).toEqual({ inMs: null, reason: expect.stringMatching(/but did not: /) });
    expect(after.reason).toMatch(words);
  });

  it('is given up two minutes after n8n was told, however long it took to tell', () => {
    const asked = { count: 1, sinceMs: 20 * HOUR_MS };
    expect(repetitionOf({ kind: 'unseen', forMs: 119_999 }, asked).inMs).not.toBeNull();
    expect(repetitionOf({ kind: 'unseen', forMs: 120_000 }, asked).inMs).toBeNull();
  });

  it('is given up at once where n8n says no, and keeps its words while it waits for its turn', () => {
    const asked = { count: 1, sinceMs: 0 };
    expect(repetitionOf({ kind: 'will_not', detail: 'it is gone.' }, asked)).toEqual({
      inMs: null,
      reason: 'It failed, and n8n will not run it once more: it is gone.',
    });
    expect(repetitionOf({ kind: 'put_back' }, asked)).toEqual({ inMs: 1_000, reason: null });
  });
});

describe('the schedule of questions', () => {
  it('asks less and less often, and slowly after an hour', () => {
    const delays = [1, 2, 3, 4, 5, 6, 7, 100].map((count) => confirmationDelayMs(count, 0));
    expect(delays).toEqual([1_000, 2_000, 5_000, 10_000, 30_000, 60_000, 60_000, 60_000]);
    expect(confirmationDelayMs(100, HOUR_MS + 1)).toBe(300_000);
  });

  it('leaves more and more time before n8n runs a failed one again', () => {
    expect([0, 1, 2, 3, 4].map(executionRetryDelayMs)).toEqual([5_000, 20_000, 80_000, 320_000, 600_000]);
  });
});
