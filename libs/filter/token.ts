import { FaultAt } from './fault';

/** A piece of a filter's text. `offset` is where it begins, `end` is where the next one may. */
export type Token = { readonly offset: number; readonly end: number } & (
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'text'; readonly value: string }
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'sign'; readonly sign: string }
  | { readonly kind: 'end' }
);

const BLANK = /[ \t\r\n]*/y;
const NAME = /[A-Za-z_][A-Za-z0-9_]*/y;
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const SIGN = /==|!=|<=|>=|<|>|\(|\)|\[|\]|,|\./y;

/** What people write who come from other languages, and what it is here. */
const ELSEWHERE: readonly (readonly [string, string])[] = [
  ['===', '=='],
  ['!==', '!='],
  ['&&', 'and'],
  ['||', 'or'],
  ['=', '=='],
  ['!', 'not'],
];

const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  "'": "'",
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

/** The next piece from `from` on. */
export function tokenAt(text: string, from: number): Token {
  const offset = from + (match(BLANK, text, from)?.length ?? 0);
  const first = text[offset];
  if (first === undefined) return { kind: 'end', offset, end: offset };
  if (first === '"' || first === "'") return textAt(text, offset, first);
  const elsewhere = ELSEWHERE.find(([sign]) => text.startsWith(sign, offset));
  const sign = match(SIGN, text, offset);
  if (elsewhere && (sign === undefined || sign.length < elsewhere[0].length)) {
    throw new FaultAt(offset, `expected ${elsewhere[1]} instead of ${elsewhere[0]}`);
  }
  if (sign !== undefined) return { kind: 'sign', sign, offset, end: offset + sign.length };
  const name = match(NAME, text, offset);
  if (name !== undefined) return { kind: 'name', name, offset, end: offset + name.length };
  const digits = match(NUMBER, text, offset);
  if (digits !== undefined) return numberAt(text, offset, digits);
  const shown = JSON.stringify(String.fromCodePoint(text.codePointAt(offset) ?? 0));
  throw new FaultAt(offset, `expected a path, a value or an operator, found ${shown}`);
}

function numberAt(text: string, offset: number, digits: string): Token {
  const value = Number(digits);
  const end = offset + digits.length;
  if (!Number.isFinite(value)) throw new FaultAt(offset, 'expected a number that is not so large');
  if (/[A-Za-z0-9_.]/.test(text[end] ?? '')) throw new FaultAt(end, 'expected the number to end here');
  return { kind: 'number', value, offset, end };
}

/** Quoted in either way, with the escapes that JSON has, and `\'`. */
function textAt(text: string, offset: number, quote: string): Token {
  let value = '';
  let at = offset + 1;
  for (;;) {
    const char = text[at];
    if (char === undefined) throw new FaultAt(offset, `expected the text that begins here to end with ${quote}`);
    if (char === quote) return { kind: 'text', value, offset, end: at + 1 };
    if (char < ' ') throw new FaultAt(at, 'expected no control character in a text; write it as an escape such as \\n');
    if (char !== '\\') {
      value += char;
      at += 1;
      continue;
    }
    const escaped = text[at + 1] ?? '';
    const unicode = /^u([0-9a-fA-F]{4})/.exec(text.slice(at + 1, at + 6))?.[1];
    const plain = Object.hasOwn(ESCAPES, escaped) ? ESCAPES[escaped] : undefined;
    if (unicode === undefined && plain === undefined) {
      throw new FaultAt(at, 'expected an escape of JSON, such as \\n, \\" or \\u00e4; a backslash itself is \\\\');
    }
    value += plain ?? String.fromCharCode(parseInt(unicode ?? '', 16));
    at += plain === undefined ? 6 : 2;
  }
}

function match(pattern: RegExp, text: string, offset: number): string | undefined {
  pattern.lastIndex = offset;
  return pattern.exec(text)?.[0];
}
