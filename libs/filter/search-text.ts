/**
 * Where `needle` begins in `text` at `from` or later, or -1. Knuth, Morris and Pratt's way: it looks at each character
 * of the text a bounded number of times whatever the two are, which `String.indexOf` does not promise.
 */
export function indexWithin(text: Pick<string, 'length' | 'charCodeAt'>, needle: string, from: number): number {
  if (needle === '') return from <= text.length ? from : -1;
  const borders = bordersOf(needle);
  let matched = 0;
  for (let at = from; at < text.length; at++) {
    while (matched > 0 && text.charCodeAt(at) !== needle.charCodeAt(matched)) matched = borders[matched - 1] ?? 0;
    if (text.charCodeAt(at) === needle.charCodeAt(matched)) matched += 1;
    if (matched === needle.length) return at - matched + 1;
  }
  return -1;
}

/** For each start of the needle: how long its longest proper start is that it also ends with. */
function bordersOf(needle: string): number[] {
  const borders = [0];
  let length = 0;
  for (let at = 1; at < needle.length; at++) {
    while (length > 0 && needle.charCodeAt(at) !== needle.charCodeAt(length)) length = borders[length - 1] ?? 0;
    if (needle.charCodeAt(at) === needle.charCodeAt(length)) length += 1;
    borders.push(length);
  }
  return borders;
}

/**
 * Whether the whole text is of the pattern's form, in which `*` stands for any characters or none. Its pieces are
 * looked for from left to right, the first at the start and the last at the end, so that nothing is tried twice.
 */
export function matchesPattern(text: string, pattern: string): boolean {
  const pieces = pattern.split('*');
  const [first = '', ...others] = pieces;
  const last = others.pop();
  if (last === undefined) return text === first;
  if (!text.startsWith(first) || text.length < first.length + last.length || !text.endsWith(last)) return false;
  const middle = text.slice(0, text.length - last.length);
  let at = first.length;
  for (const piece of others) {
    const found = indexWithin(middle, piece, at);
    if (found < 0) return false;
    at = found + piece.length;
  }
  return true;
}
