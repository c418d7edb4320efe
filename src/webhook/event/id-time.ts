/** The clocks of id and row are read one after the other. */
const SLACK_MS = 60_000;
const MAX_UUID_TIME = 2 ** 48 - 1;

/** An id that is below those of all rows received at `time` or later: UUIDv7 begins with the time (RFC 9562, 5.7). */
export function idBefore(time: Date): string {
  return firstIdOf(time.getTime() - SLACK_MS);
}

/** An id that is above those of all rows received before `time`. */
export function idAfter(time: Date): string {
  return firstIdOf(time.getTime() + SLACK_MS);
}

function firstIdOf(unixMs: number): string {
  const hex = Math.min(Math.max(Math.floor(unixMs), 0), MAX_UUID_TIME)
    .toString(16)
    .padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`;
}
