import { randomUUIDv7 } from 'node:crypto';

const MAX_COUNTER = 0xfff;
/** A new millisecond begins in the lower half, so that there is room to count. */
const START_MASK = 0x7ff;

let lastTime = '';
let counter = 0;

/**
 * A UUIDv7 (RFC 9562, 5.7) above all that this process made before, also within one millisecond: the twelve bits
 * behind the version count (6.2, method 1). A counter that is used up borrows from the next millisecond.
 */
export function newId(): string {
  const id = randomUUIDv7();
  const time = id.slice(0, 13);
  if (time > lastTime) {
    lastTime = time;
    counter = Number.parseInt(id.slice(15, 18), 16) & START_MASK;
  } else if (++counter > MAX_COUNTER) {
    lastTime = following(lastTime);
    counter = 0;
  }
  return `${lastTime}-7${counter.toString(16).padStart(3, '0')}${id.slice(18)}`;
}

function following(time: string): string {
  const next = (Number.parseInt(time.replace('-', ''), 16) + 1).toString(16).padStart(12, '0');
  return `${next.slice(0, 8)}-${next.slice(8)}`;
}
