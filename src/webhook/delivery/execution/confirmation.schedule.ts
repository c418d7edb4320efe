/** Most executions are over by then. As SQL. */
export const FIRST_CONFIRMATION_AFTER = `interval '500 milliseconds'`;

const HOUR_MS = 3_600_000;

/** Milliseconds after the first question, the second …; the last one goes on. */
const DELAYS_MS = [1_000, 2_000, 5_000, 10_000, 30_000, 60_000];
/** Whatever runs for an hour may run for hours. */
const SLOW_MS = 300_000;
/** After so long nobody asks any more. */
export const GIVE_UP_AFTER_MS = 24 * HOUR_MS;
/** So long an execution may be missing before it counts as one that was never started. */
export const ABSENT_AFTER_MS = 120_000;
/** So long n8n may refuse to tell before it is taken at its word. */
export const REFUSED_AFTER_MS = HOUR_MS;

/** When those are asked for that there was no time for, in milliseconds. */
export const PUT_BACK_MS = 1_000;

/** When n8n is asked again, at the earliest, whether it has begun what it was told to run once more. */
export const RETRY_LOOK_MS = 5_000;

/** Milliseconds to the next question, after so many. `ageMs`: since the request was sent. */
export function confirmationDelayMs(count: number, ageMs: number): number {
  if (ageMs > HOUR_MS) return SLOW_MS;
  return DELAYS_MS[Math.min(Math.max(count, 1), DELAYS_MS.length) - 1] ?? SLOW_MS;
}

/** Milliseconds before n8n is told to run a failed execution again, for the first time, the second … */
export function executionRetryDelayMs(retriesMade: number): number {
  return Math.min(5_000 * 4 ** retriesMade, 600_000);
}
