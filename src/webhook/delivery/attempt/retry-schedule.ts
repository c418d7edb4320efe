/** A receiver may put an attempt off by its Retry-After, but no further than this. */
const MAX_RETRY_AFTER_MS = 86_400_000;

export interface RetryPolicy {
  /** Seconds before attempt 1, 2, 3 …; its length is the number of attempts. */
  readonly scheduleSeconds: readonly number[];
  /** Each delay is moved by up to this fraction either way, so that failures that came together part. */
  readonly jitter: number;
}

export interface FailedAttempt {
  /** Its place in the schedule, 1 for the first. */
  readonly number: number;
  readonly endedAt: Date;
  /** What the receiver asked for in Retry-After, or null. */
  readonly retryAfter: Date | null;
}

/**
 * When to try again, or null when the schedule is at its end. Retry-After is a floor: it can only put the
 * attempt off. `random` gives 0 <= x < 1.
 */
export function nextAttemptAt(policy: RetryPolicy, failed: FailedAttempt, random: () => number): Date | null {
  const delaySeconds = policy.scheduleSeconds[failed.number];
  if (delaySeconds === undefined) return null;
  const spread = 1 + policy.jitter * (2 * random() - 1);
  const scheduled = failed.endedAt.getTime() + delaySeconds * 1_000 * spread;
  const latestFloor = failed.endedAt.getTime() + MAX_RETRY_AFTER_MS;
  const floor = Math.min(failed.retryAfter?.getTime() ?? 0, latestFloor);
  return new Date(Math.max(scheduled, floor));
}

/** Reads a Retry-After field (RFC 9110, 10.2.3): seconds or an HTTP date. Null for anything else. */
export function parseRetryAfter(value: string | undefined, now: Date): Date | null {
  if (value === undefined) return null;
  const text = value.trim();
  if (/^\d{1,9}$/.test(text)) return new Date(now.getTime() + Number(text) * 1_000);
  if (!text.endsWith('GMT')) return null;
  const date = new Date(text);
  return Number.isNaN(date.getTime()) ? null : date;
}
