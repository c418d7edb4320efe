import { randomUUIDv7 } from 'node:crypto';

/** An id as it would have been made at `unixMs`: a UUIDv7 begins with its time. */
export function idAt(unixMs: number): string {
  const time = unixMs.toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}${randomUUIDv7().slice(13)}`;
}
