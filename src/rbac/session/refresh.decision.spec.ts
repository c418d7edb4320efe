import { decideRefresh, type PresentedRefreshToken, REUSE_GRACE_MS } from './refresh.decision';

const now = new Date('2026-11-22T12:00:00.000Z');
const at = (ms: number) => new Date(now.getTime() + ms);

function aToken(more: Partial<PresentedRefreshToken> = {}): PresentedRefreshToken {
  return { expiresAt: at(60_000), usedAt: null, sessionEndedAt: null, active: true, ...more };
}

describe('decideRefresh', () => {
  it('rotates a token that is used for the first time', () => {
    expect(decideRefresh(aToken(), now)).toBe('rotate');
  });

  it('repeats the answer for one that was used a moment ago', () => {
    expect(decideRefresh(aToken({ usedAt: now }), now)).toBe('repeat');
    expect(decideRefresh(aToken({ usedAt: at(-REUSE_GRACE_MS) }), now)).toBe('repeat');
  });

  it('ends the session of one that was used before that', () => {
    expect(decideRefresh(aToken({ usedAt: at(-REUSE_GRACE_MS - 1) }), now)).toBe('end-session');
  });

  it('ends the session also where the used token has expired meanwhile, or its user is not active', () => {
    const usedAt = at(-REUSE_GRACE_MS - 1);
    expect(decideRefresh(aToken({ usedAt, expiresAt: at(-1) }), now)).toBe('end-session');
    expect(decideRefresh(aToken({ usedAt, active: false }), now)).toBe('end-session');
  });

  it.each([
    ['that has expired', { expiresAt: now }],
    ['of a session that was ended', { sessionEndedAt: at(-1) }],
    ['of somebody who is not active', { active: false }],
    ['of an ended session, used or not', { sessionEndedAt: at(-1), usedAt: at(-60_000) }],
    ['used a moment ago and expired since', { usedAt: at(-1), expiresAt: now }],
  ])('refuses one %s', (_case, more) => {
    expect(decideRefresh(aToken(more), now)).toBe('refuse');
  });
});
