/**
 * Where `needle` begins in `text` at `from` or later, or -1. Knuth, Morris and Pratt's way: it looks at each character
 * of the text a bounded number of times whatever the two are, which `String.indexOf` does not promise.
 */
export function indexWithin(text: Pick<string, 'length' | 'charCodeAt'>, needle: string, from: number): number {
  const { length } = needle;
  if (length === 0) return from <= text.length ? from : -1;
  if (text.length - from < length) return -1;
  const codes = codesOf(needle);
  const borders = bordersOf(codes);
  let matched = 0;
  for (let at = from; at < text.length; at++) {
    const code = text.charCodeAt(at);
    while (matched > 0 && code !== codes[matched]) matched = borders[matched - 1] ?? 0;
    if (code === codes[matched]) matched += 1;
    if (matched === length) return at - matched + 1;
  }
  return -1;
}

function codesOf(needle: string): Uint16Array {
  const codes = new Uint16Array(needle.length);
  for (let at = 0; at < needle.length; at++) codes[at] = needle.charCodeAt(at);
  return codes;
}

/** For each start of the needle: how long its longest proper start is that it also ends with. */
function bordersOf(codes: Uint16Array): Uint32Array {
  const borders = new Uint32Array(codes.length);
  let length = 0;
  for (let at = 1; at < codes.length; at++) {
    while (length > 0 && codes[at] !== codes[length]) length = borders[length - 1] ?? 0;
    if (codes[at] === codes[length]) length += 1;
    borders[at] = length;
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
