const TOKEN = new RegExp(
  [
    '(?<punctuation>[{}[\\],:])',
    '(?<string>"(?:[^"\\\\\\u0000-\\u001f]|\\\\(?:["\\\\/bfnrt]|u[0-9a-fA-F]{4}))*")',
    '(?<scalar>-?(?:0|[1-9]\\d*)(?:\\.\\d+)?(?:[eE][+-]?\\d+)?|true|false|null)',
  ].join('|'),
  'y',
);

type Expected = 'value' | 'value or ]' | 'name' | 'name or }' | ':' | ', or end';
type Token = '{' | '}' | '[' | ']' | ',' | ':' | 'string' | 'scalar';

/**
 * Where a text stops being JSON, as "line 3, column 7". `JSON.parse` tells it only for some mistakes, and for the
 * others quotes the text around, which in a configuration file may be a secret.
 */
export function jsonMistakeAt(text: string): string {
  const before = text.slice(0, offsetOfMistake(text)).split('\n');
  return `line ${before.length}, column ${(before.at(-1) ?? '').length + 1}`;
}

function offsetOfMistake(text: string): number {
  const open: ('{' | '[')[] = [];
  let expected: Expected | undefined = 'value';
  let offset = 0;
  for (;;) {
    offset += /^[ \t\r\n]*/.exec(text.slice(offset))?.[0].length ?? 0;
    TOKEN.lastIndex = offset;
    const match = TOKEN.exec(text);
    if (!match) return offset;
    expected = afterToken(expected, tokenOf(match), open);
    if (expected === undefined) return offset;
    offset = TOKEN.lastIndex;
  }
}

function tokenOf(match: RegExpExecArray): Token {
  if (match.groups?.['string'] !== undefined) return 'string';
  const text = match[0];
  const punctuation = (['{', '}', '[', ']', ',', ':'] as const).find((one) => one === text);
  return punctuation ?? 'scalar';
}

/** What may follow a token; undefined when the token itself may not stand here. */
function afterToken(expected: Expected, token: Token, open: ('{' | '[')[]): Expected | undefined {
  switch (expected) {
    case 'value':
    case 'value or ]':
      if (token === 'string' || token === 'scalar') return ', or end';
      if (token === '{' || token === '[') {
        open.push(token);
        return token === '{' ? 'name or }' : 'value or ]';
      }
      return expected === 'value or ]' ? afterClosing(token, open) : undefined;
    case 'name':
    case 'name or }':
      if (token === 'string') return ':';
      return expected === 'name or }' ? afterClosing(token, open) : undefined;
    case ':':
      return token === ':' ? 'value' : undefined;
    case ', or end':
      if (token !== ',') return afterClosing(token, open);
      if (open.length === 0) return undefined;
      return open.at(-1) === '{' ? 'name' : 'value';
  }
}

function afterClosing(token: Token, open: ('{' | '[')[]): Expected | undefined {
  const innermost = open.at(-1);
  const closes = (token === '}' && innermost === '{') || (token === ']' && innermost === '[');
  if (!closes) return undefined;
  open.pop();
  return ', or end';
}
