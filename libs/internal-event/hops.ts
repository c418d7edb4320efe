import { problems } from '@mira/problem';

/** How many deliveries of Mira's lie behind a request: it is sent with each, and kept with what comes of it. */
export const HOPS_HEADER = 'x-mira-hops';

/** A chain of Miras may be meant; one as long as this leads back into itself. */
export const MAX_HOPS = 5;

/** Reads the header: 0 where there is none, null where it says nothing that can be counted on. */
export function hopsOf(header: string | readonly string[] | null | undefined): number | null {
  if (header === undefined || header === null) return 0;
  return typeof header === 'string' && /^\d{1,6}$/.test(header) ? Number(header) : null;
}

/**
 * What the header of a request says that Mira is to act on.
 *
 * @throws Problem `bad-request` where it cannot be counted on, `loop-detected` where it is too much
 */
export function acceptedHops(header: string | readonly string[] | undefined): number {
  const hops = hopsOf(header);
  if (hops === null) throw problems.badRequest(`The header ${HOPS_HEADER} is not a number of deliveries.`);
  if (hops > MAX_HOPS) throw problems.loopDetected();
  return hops;
}
