import type { Refusal } from './verdict';

/** How far a signed time may be from now, in seconds, either way: the customary five minutes. */
export const DEFAULT_TOLERANCE_SECONDS = 300;

/** Fifteen digits stay exact in a double and reach far beyond any real date. */
const UNIX_SECONDS = /^[0-9]{1,15}$/;

/**
 * Says why a signed time is not acceptable, or null when it is.
 *
 * @param text what the sender wrote: unix time in whole seconds, nothing but ASCII digits (no sign, space or fraction)
 * @param now the receiver's clock
 * @param toleranceSeconds the greatest distance allowed, inclusive, before and after `now`
 * @returns `invalid` for text that is no time, `stale` for a time too far away, else null. A broken clock refuses.
 */
export function refuseTimestamp(
  text: string,
  now: Date,
  toleranceSeconds: number = DEFAULT_TOLERANCE_SECONDS,
): Refusal | null {
  if (!UNIX_SECONDS.test(text)) {
    return { kind: 'invalid', detail: 'The timestamp must be unix time in whole seconds, written in digits only.' };
  }
  const ageMs = now.getTime() - Number(text) * 1000;
  if (Math.abs(ageMs) <= toleranceSeconds * 1000) return null;
  return { kind: 'stale', detail: `The timestamp is more than ${toleranceSeconds} seconds away from now.` };
}
