/** How failed sign-ins of one subject are slowed down. All times in seconds. */
export interface DelayPolicy {
  /** So many failures within the window cost nothing: people mistype. */
  readonly free: number;
  /** The wait after the first failure that costs; each further one doubles it. */
  readonly first: number;
  readonly longest: number;
}

/** Failures further apart than this, in seconds, are not counted together. */
export const WINDOW_SECONDS = 900;

/**
 * Who is slowed down, from the narrowest to the widest. One who guesses at one account from one address is stopped
 * soon and for long. An account that many addresses guess at is slowed down only a little, for its owner, who comes
 * from yet another address, waits with them: at most a minute, never for good. An address that tries many accounts
 * has more room, since a whole office may share it.
 */
export const DELAY_POLICIES = {
  accountAtAddress: { free: 4, first: 15, longest: 900 },
  account: { free: 50, first: 1, longest: 60 },
  address: { free: 50, first: 15, longest: 900 },
} as const satisfies Record<string, DelayPolicy>;

export interface FailureState {
  readonly failures: number;
  readonly failedAt: Date;
  readonly blockedUntil: Date;
}

/** Seconds, rounded up, that a subject has to wait yet; 0 where it may try. */
export function secondsBlocked(state: FailureState | null, now: Date): number {
  if (!state) return 0;
  return Math.max(0, Math.ceil((state.blockedUntil.getTime() - now.getTime()) / 1_000));
}

/** What is remembered after one more failure. */
export function afterFailure(state: FailureState | null, policy: DelayPolicy, now: Date): FailureState {
  // The window begins anew when a wait is over: whoever waits 15 minutes for each try is not forgotten meanwhile.
  const since = state && Math.max(state.failedAt.getTime(), state.blockedUntil.getTime());
  const isRecent = since !== null && now.getTime() - since < WINDOW_SECONDS * 1_000;
  const failures = (isRecent && state ? state.failures : 0) + 1;
  return { failures, failedAt: now, blockedUntil: new Date(now.getTime() + delayAfter(failures, policy) * 1_000) };
}

function delayAfter(failures: number, { free, first, longest }: DelayPolicy): number {
  const costing = failures - free;
  return costing <= 0 ? 0 : Math.min(longest, first * 2 ** (costing - 1));
}
