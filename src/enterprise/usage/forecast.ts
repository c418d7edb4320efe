/** What is known of a limit and of how it was used of late. */
export interface Course {
  readonly max: number;
  readonly used: number;
  /** How many came in the time that is looked at, in milliseconds. */
  readonly came: number;
  readonly inMs: number;
  /** When it begins anew; null for what does not. */
  readonly resetsAt: Date | null;
  readonly now: Date;
}

/** A guess for further away than this helps nobody. */
const HORIZON_MS = 365 * 86_400_000;

/**
 * When the limit will be reached if things go on as they went; now, where it is. Null where there is none, where
 * nothing comes, where it begins anew before, and where it is more than a year away.
 */
export function reachedAt({ max, used, came, inMs, resetsAt, now }: Course): Date | null {
  if (max < 0) return null;
  if (used >= max) return now;
  if (came <= 0 || inMs <= 0) return null;
  const inMsFromNow = ((max - used) * inMs) / came;
  if (inMsFromNow > HORIZON_MS) return null;
  const at = new Date(now.getTime() + inMsFromNow);
  return resetsAt !== null && at >= resetsAt ? null : at;
}
