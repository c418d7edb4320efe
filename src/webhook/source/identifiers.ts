/** Both identifiers live in indexed columns and travel on in headers and logs. */
const MAX_CHARACTERS = 255;
const CONTROL = /\p{Cc}/u;

/** The key under which the same delivery is known when it comes again. */
export type DedupKey =
  | { readonly kind: 'key'; readonly key: string }
  | { readonly kind: 'none' }
  | { readonly kind: 'malformed'; readonly detail: string };

/**
 * A dedup key that cannot be kept is refused: cut short or dropped, it would let one event through twice or take two
 * for one, and the sender would never know.
 */
export function dedupKeyFrom(text: string | null | undefined): DedupKey {
  if (!text) return { kind: 'none' };
  if (text.length > MAX_CHARACTERS) {
    return { kind: 'malformed', detail: `The delivery's id is longer than ${MAX_CHARACTERS} characters.` };
  }
  if (!isPlain(text)) return { kind: 'malformed', detail: "The delivery's id holds control characters." };
  return { kind: 'key', key: text };
}

/** A value out of a payload where it is a text; null for anything else. */
export function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

/** The first candidate that can serve as an event type. One that cannot is passed over: the event still counts. */
export function eventTypeFrom(candidates: readonly unknown[]): string | null {
  for (const text of candidates) {
    if (typeof text === 'string' && text !== '' && text.length <= MAX_CHARACTERS && isPlain(text)) return text;
  }
  return null;
}

function isPlain(text: string): boolean {
  return !CONTROL.test(text) && text.isWellFormed();
}
