import { compileFilter } from './index';
import { indexWithin, matchesPattern } from './search-text';

const LANGUAGE = { roots: ['payload', 'headers'], caseless: ['headers'] };

/** Random, and the same in every run: a linear congruential generator (Numerical Recipes, 7.1). */
function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const random = randomOf(20_261_125);
const oneOf = <T>(values: readonly T[]): T => values[random(values.length)] as T;
const many = <T>(count: number, make: () => T): T[] => Array.from({ length: count }, make);

const PIECES = [
  ...['payload', 'headers', '.a', '.__proto__', '["a"]', '[0]', '[-1]', '==', '!=', '<', '>=', 'in', 'contains'],
  ...[
    'matches',
    'startsWith',
    'and',
    'or',
    'not',
    '(',
    ')',
    '[',
    ']',
    ',',
    '"a*"',
    "'",
    '"',
    '\\',
    '1',
    '-1e5',
    '1e999',
  ],
  ...['true', 'null', 'exists', 'exists(', ' ', '\n', '\0', '\ud800', '😀', '=', '&&', '!', '.', '-', '%'],
];

const scalar = () => oneOf<unknown>(['', 'a', 'aa', 'ä', 0, 1, -1.5, true, false, null]);
const anyValue = (depth: number): unknown => {
  if (depth === 0) return scalar();
  const kind = random(4);
  if (kind === 0) return many(random(4), () => anyValue(depth - 1));
  if (kind > 1) return scalar();
  return JSON.parse(
    JSON.stringify(Object.fromEntries(many(random(4), () => [oneOf(['a', 'b', 'c']), anyValue(depth - 1)]))),
  );
};

const path = () => oneOf(['payload', 'payload.a', 'payload.a.b', 'payload[0]', 'headers["A"]', 'payload.b["c"][1]']);
const literal = () => oneOf(['"a"', '"a*"', '""', '0', '1', '-1.5', 'true', 'null']);
const comparison = () =>
  oneOf([
    () => `${path()} ${oneOf(['==', '!=', '<', '<=', '>', '>=', 'contains'])} ${oneOf([path, literal])()}`,
    () => `${path()} ${oneOf(['startsWith', 'endsWith', 'matches'])} ${oneOf(['"a"', '"*a"', '"a*a*"'])}`,
    () => `${path()} ${oneOf(['in', 'not in'])} [${many(random(4), literal).join(', ')}]`,
    () => `exists(${path()})`,
    path,
  ])();
const condition = (depth: number): string => {
  if (depth === 0) return comparison();
  return oneOf([
    () => `(${condition(depth - 1)} ${oneOf(['and', 'or'])} ${condition(depth - 1)})`,
    () => `not ${condition(depth - 1)}`,
    comparison,
  ])();
};

it('reads or refuses whatever text there is, and never throws', () => {
  for (let n = 0; n < 20_000; n++) {
    const text = many(random(30), () => oneOf(PIECES)).join(oneOf(['', ' ']));
    const compiled = compileFilter(text, LANGUAGE);
    if (compiled.kind === 'fault') {
      const { offset } = compiled.fault.position;
      expect(offset).toBeGreaterThanOrEqual(0);
      expect(offset).toBeLessThanOrEqual(text.length);
    } else expect(() => compiled.filter.verdict({ payload: { a: [1] }, headers: {} })).not.toThrow();
  }
});

it('reads what is made by its grammar, and answers for any facts without touching them', () => {
  for (let n = 0; n < 5_000; n++) {
    const text = condition(3);
    const compiled = compileFilter(text, LANGUAGE);
    if (compiled.kind === 'fault') throw new Error(`${text}: ${compiled.fault.message}`);
    const facts = { payload: anyValue(4), headers: anyValue(2) };
    const before = JSON.stringify(facts);
    const { filter } = compiled;
    const opposite = compileFilter(`not (${text})`, LANGUAGE);
    if (opposite.kind === 'fault') throw new Error(`not (${text}): ${opposite.fault.message}`);
    expect(opposite.filter.matches(facts)).toBe(!filter.matches(facts));
    const verdict = filter.verdict(facts);
    if (verdict.kind === 'stopped') expect(text).toContain(verdict.stop.condition);
    expect(JSON.stringify(facts)).toBe(before);
  }
});

it('finds a text within another as the language itself does', () => {
  for (let n = 0; n < 20_000; n++) {
    const text = many(random(20), () => oneOf(['a', 'b'])).join('');
    const needle = many(random(5), () => oneOf(['a', 'b'])).join('');
    const from = random(text.length + 1);
    expect(indexWithin(text, needle, from)).toBe(text.indexOf(needle, from));
  }
});

it('matches a pattern as the regular expression would that is made of it', () => {
  for (let n = 0; n < 20_000; n++) {
    const text = many(random(12), () => oneOf(['a', 'b'])).join('');
    const pattern = many(random(6), () => oneOf(['a', 'b', '*', '*'])).join('');
    const expected = new RegExp(`^${pattern.replaceAll('*', '[ab]*')}$`).test(text);
    expect([text, pattern, matchesPattern(text, pattern)]).toEqual([text, pattern, expected]);
  }
});

it('looks at each character a bounded number of times, whatever is looked for', () => {
  for (const needle of [`${'a'.repeat(900)}b`, `b${'a'.repeat(900)}`, `${'a'.repeat(450)}b${'a'.repeat(450)}`]) {
    let looks = 0;
    const text = {
      length: 100_000,
      charCodeAt: () => {
        looks += 1;
        return 'a'.charCodeAt(0);
      },
    };
    expect(indexWithin(text, needle, 0)).toBe(-1);
    expect(looks).toBeLessThan(4 * text.length);
  }
});
