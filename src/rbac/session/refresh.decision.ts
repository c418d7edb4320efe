/** A used token that comes again within this time was sent twice, not stolen: by two tabs, or after a lost answer. */
export const REUSE_GRACE_MS = 20_000;

export interface PresentedRefreshToken {
  readonly expiresAt: Date;
  /** When it was exchanged for its successor. */
  readonly usedAt: Date | null;
  readonly sessionEndedAt: Date | null;
  /** Whether its user and tenant are. */
  readonly active: boolean;
}

export type RefreshDecision =
  /** Used for the first time: mark it, and give a successor. */
  | 'rotate'
  /** Used a moment ago: give another successor. */
  | 'repeat'
  /** Used long ago. Two hold the same token, one of them wrongly, and nobody can tell which: the session ends. */
  | 'end-session'
  | 'refuse';

/** What is to be done with a refresh token that somebody presents. */
export function decideRefresh(token: PresentedRefreshToken, now: Date): RefreshDecision {
  if (token.sessionEndedAt !== null) return 'refuse';
  if (token.usedAt !== null && now.getTime() - token.usedAt.getTime() > REUSE_GRACE_MS) return 'end-session';
  if (now >= token.expiresAt || !token.active) return 'refuse';
  return token.usedAt === null ? 'rotate' : 'repeat';
}
