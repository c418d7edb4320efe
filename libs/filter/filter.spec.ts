import { compileFilter, describeFault, FilterBudget, MAX_DEPTH, MAX_LENGTH, MAX_NODES, MAX_WORK } from './index';

const LANGUAGE = { roots: ['payload', 'headers', 'event_type'], caseless: ['headers'] };

const FACTS = {
  event_type: 'pull_request',
  headers: { 'x-github-event': 'pull_request' },
  payload: {
    action: 'opened',
    number: 7,
    zero: 0,
    nothing: null,
    draft: false,
    merged: true,
    pull_request: { title: 'Größe: fix "it"\n', labels: ['bug', 'urgent'], head: { ref: 'refs/heads/feature/a' } },
    commits: [{ id: 'a' }, { id: 'b' }],
    'x-y': { in: 1 },
    list: [1, '1', null, true, [1]],
  },
};

function filterOf(text: string) {
  const compiled = compileFilter(text, LANGUAGE);
  if (compiled.kind === 'fault') throw new Error(`${text} ${describeFault(compiled.fault, text)}`);
  return compiled.filter;
}

function faultOf(text: string): string {
  const compiled = compileFilter(text, LANGUAGE);
  return compiled.kind === 'fault' ? describeFault(compiled.fault, text) : 'no fault';
}

const matches = (text: string, facts: Record<string, unknown> = FACTS) => filterOf(text).matches(facts);

describe('a filter matches', () => {
  it.each([
    'payload.action == "opened"',
    "payload.action == 'opened'",
    'payload.action == "op\\u0065ned"',
    '"opened" == payload.action',
    'payload.action != "closed"',
    'payload.number == 7.0 and payload.number == 7e0',
    'payload.zero == -0',
    'payload.number < 8 and payload.number <= 7 and payload.number > 6.5 and payload.number >= 7',
    'payload.action < "z"',
    'payload.nothing == null and not (payload.nothing != null)',
    'payload.missing == null',
    'payload.missing.deep[3]["x"] == null',
    'payload.pull_request.draft != true',
    'payload.merged',
    'not payload.draft',
    'not payload.missing',
    'true',
    'payload.action in ["opened", "closed"]',
    'payload.action not in ["closed"]',
    'payload.action not in []',
    '"bug" in payload.pull_request.labels',
    'payload.pull_request.labels contains "bug"',
    'payload.list contains 1 and payload.list contains "1" and payload.list contains null and payload.list contains true',
    'payload.pull_request.title contains "Größe"',
    'payload.pull_request.title endsWith "\\"it\\"\\n"',
    'payload.pull_request.head.ref startsWith "refs/heads/"',
    'payload.pull_request.head.ref matches "refs/*/a"',
    'payload.pull_request.head.ref matches "refs/heads/feature/a"',
    'payload.action matches "*"',
    'payload.action matches "*pen*"',
    'payload.commits[1].id == "b"',
    'payload["x-y"].in == 1',
    'headers["X-GitHub-Event"] == event_type',
    'exists(payload.nothing) and not exists(payload.missing)',
    'payload.draft == true or payload.merged == true and payload.number == 7',
    '(payload.draft or payload.merged) and not (payload.draft and payload.merged)',
    '\n payload.action\t==\r\n"opened" ',
  ])('where %s', (text) => {
    expect(matches(text)).toBe(true);
  });
});

describe('a filter does not match', () => {
  it.each([
    'payload.action == "Opened"',
    'payload.number == "7"',
    'payload.number < "8"',
    'payload.action < 8',
    'payload.nothing < 1',
    'payload.zero == null',
    'payload.zero == false',
    'payload.draft == null',
    'payload.action',
    'payload.number',
    'false',
    'payload.pull_request == payload.pull_request',
    'payload.commits == payload.commits',
    'payload.missing contains "a"',
    'payload.action contains 1',
    'payload.missing in payload.list',
    'payload.action in payload.missing',
    'payload.action in payload.action',
    'payload.list contains payload.commits',
    'payload.action matches "open"',
    'payload.action matches "*opened*opened*"',
    'payload.action matches "opened*ed"',
    'payload.commits.length == 2',
    'exists(payload.commits.length) or exists(payload.commits["0"]) or exists(payload.action[0])',
    'exists(payload.constructor) or exists(payload.__proto__) or exists(payload["toString"])',
    'exists(headers.constructor)',
    // `and` binds more tightly than `or`.
    'payload.draft and payload.merged or payload.draft',
    '(payload.merged or payload.merged) and payload.draft',
  ])('where %s', (text) => {
    expect(matches(text)).toBe(false);
  });

  it('sees members of its facts only where they are their own', () => {
    const inherited: Record<string, unknown> = Object.create({ payload: { action: 'opened' } });
    expect(matches('payload.action == "opened"', inherited)).toBe(false);
    const polluted = JSON.parse('{"__proto__": {"admin": true}}') as unknown;
    expect(matches('exists(payload.admin)', { payload: polluted })).toBe(false);
    expect(matches('payload.__proto__.admin', { payload: polluted })).toBe(true);
  });

  it.each([undefined, null, 'text', 7, true, [], {}])('and does not fail, with a payload of %j', (payload) => {
    expect(matches('payload.a.b[0] == 1', { payload })).toBe(false);
    expect(matches('payload contains "z" or payload[0] == 1 or payload matches "y*"', { payload })).toBe(false);
  });
});

describe('a fault says where it is and what was expected', () => {
  it.each([
    [
      '',
      'cannot be read at column 1: expected a path that begins with payload, headers, event_type, or a value; found the end',
    ],
    ['payload.action =! "a"', 'cannot be read at column 16: expected == instead of ='],
    ['payload.a === 1', 'cannot be read at column 11: expected == instead of ==='],
    ['payload.a && payload.b', 'cannot be read at column 11: expected and instead of &&'],
    ['payload.a || payload.b', 'cannot be read at column 11: expected or instead of ||'],
    ['!payload.a', 'cannot be read at column 1: expected not instead of !'],
    [
      'body.action == 1',
      'cannot be read at column 1: expected a path that begins with payload, headers, event_type; found body',
    ],
    [
      'payload.a ==',
      'cannot be read at column 13: expected a path that begins with payload, headers, event_type, or a value; found the end',
    ],
    ['payload.a == 1 payload.b', 'cannot be read at column 16: expected `and`, `or` or the end; found payload'],
    ['payload.a == 1 == 2', 'cannot be read at column 16: expected `and`, `or` or the end; found =='],
    ['payload.a == 1)', 'cannot be read at column 15: expected `and`, `or` or the end; found )'],
    ['(payload.a == 1', 'cannot be read at column 16: expected ); found the end'],
    ['payload.a == "x', 'cannot be read at column 14: expected the text that begins here to end with "'],
    [
      'payload.a == "x\\q"',
      'cannot be read at column 16: expected an escape of JSON, such as \\n, \\" or \\u00e4; a backslash itself is \\\\',
    ],
    [
      'payload.a == "x\ny"',
      'cannot be read at line 1, column 16: expected no control character in a text; write it as an escape such as \\n',
    ],
    ['payload.a ==\n\n  %', 'cannot be read at line 3, column 3: expected a path, a value or an operator, found "%"'],
    ['payload.a == 😀', 'cannot be read at column 14: expected a path, a value or an operator, found "😀"'],
    ['payload.a == "\ud800"', 'cannot be read at column 15: expected whole characters, not half of a surrogate pair'],
    ['payload.a in "x"', 'cannot be read at column 14: expected a list such as ["a", "b"], or a path to one'],
    ['payload.a == ["x"]', 'cannot be read at column 14: expected a value or a path; lists go with `in`'],
    ['payload.a in ["x" "y"]', 'cannot be read at column 19: expected , or ]; found "y"'],
    [
      'payload.a in ["x",]',
      'cannot be read at column 19: expected a text in quotes, a number, true, false or null; found ]',
    ],
    [
      'payload.a in [payload.b]',
      'cannot be read at column 15: expected a text in quotes, a number, true, false or null; found payload',
    ],
    ['payload.a not == 1', 'cannot be read at column 15: expected `in` after `not`; found =='],
    [
      'payload.a matches payload.b',
      'cannot be read at column 19: expected a pattern in quotes, such as "refs/heads/*"',
    ],
    ['payload.a startsWith 1', 'cannot be read at column 22: expected a text in quotes'],
    ['payload.x-y == 1', 'cannot be read at column 10: expected a path, a value or an operator, found "-"'],
    [
      'payload. == 1',
      'cannot be read at column 10: expected a name; others go in brackets and quotes, as ["x-y"]; found ==',
    ],
    [
      'payload[-1] == 1',
      'cannot be read at column 9: expected a name in quotes, or a number that counts from 0; found -1',
    ],
    [
      'payload[1.5] == 1',
      'cannot be read at column 9: expected a name in quotes, or a number that counts from 0; found 1.5',
    ],
    [
      'payload[a] == 1',
      'cannot be read at column 9: expected a name in quotes, or a number that counts from 0; found a',
    ],
    ['payload.a == 1e999', 'cannot be read at column 14: expected a number that is not so large'],
    ['payload.a == 01', 'cannot be read at column 15: expected the number to end here'],
    [
      '"opened"',
      'cannot be read at column 9: expected an operator: ==, !=, <, <=, >, >=, in, contains, startsWith, endsWith, matches; found the end',
    ],
    ['exists(payload.a', 'cannot be read at column 17: expected ); found the end'],
    [
      'exists("a")',
      'cannot be read at column 8: expected a path that begins with payload, headers, event_type, or a value; found "a"',
    ],
    [
      'and',
      'cannot be read at column 1: expected a path that begins with payload, headers, event_type, or a value; found and',
    ],
    [
      'not',
      'cannot be read at column 4: expected a path that begins with payload, headers, event_type, or a value; found the end',
    ],
    ['payload.a.constructor("x")()', 'cannot be read at column 22: expected `and`, `or` or the end; found ('],
  ])('in %j', (text, fault) => {
    expect(faultOf(text)).toBe(fault);
  });

  it('with the offset besides', () => {
    expect(compileFilter('payload.a\n= 1', LANGUAGE)).toEqual({
      kind: 'fault',
      fault: { position: { line: 2, column: 1, offset: 10 }, message: 'expected == instead of =' },
    });
  });
});

describe('a filter is bounded', () => {
  it('in its length', () => {
    const padded = (length: number) => 'true'.padEnd(length, ' ');
    expect(faultOf(padded(MAX_LENGTH))).toBe('no fault');
    expect(faultOf(padded(MAX_LENGTH + 1))).toContain('expected at most 2000 characters');
  });

  it('in its depth', () => {
    const nested = (depth: number) => `${'('.repeat(depth)}true${')'.repeat(depth)}`;
    expect(faultOf(nested(MAX_DEPTH))).toBe('no fault');
    expect(faultOf(nested(MAX_DEPTH + 1))).toContain('expected at most 20 levels');
    expect(faultOf('not '.repeat(400) + 'true')).toContain('expected at most 20 levels');
    expect(faultOf('('.repeat(MAX_LENGTH))).toContain('expected at most 20 levels');
  });

  it('in its nodes', () => {
    const listOf = (count: number) => `payload in [${Array.from({ length: count }, () => 1).join(',')}]`;
    expect(faultOf(listOf(MAX_NODES - 3))).toBe('no fault');
    expect(faultOf(listOf(MAX_NODES - 2))).toContain('expected at most 200 conditions, values and paths');
  });

  it('in what it looks at: what wants more does not match, and says so', () => {
    const payload = { text: 'a'.repeat(MAX_WORK / 2), list: Array.from({ length: MAX_WORK / 5 }, () => 0) };
    const once = 'payload.text contains "b"';
    expect(filterOf(`not (${once})`).matches({ payload })).toBe(true);
    expect(filterOf(`not (${once} or ${once} or ${once})`).verdict({ payload })).toEqual({ kind: 'exhausted' });
    expect(filterOf('not (1 in payload.list)').matches({ payload })).toBe(true);
    expect(filterOf('not (1 in payload.list or 2 in payload.list)').verdict({ payload })).toEqual({
      kind: 'exhausted',
    });
  });

  it('in what several look at together', () => {
    const payload = { text: 'a'.repeat(1_000), action: 'opened' };
    const [dear, cheap] = [filterOf('not (payload.text contains "b")'), filterOf('payload.action == "opened"')];
    const budget = new FilterBudget(3_000);
    const ask = () => [dear.decide({ payload }, budget), cheap.decide({ payload }, budget)];
    expect(ask()).toEqual(['matches', 'matches']);
    expect(cheap.decide({ payload: {} }, budget)).toBe('differs');
    expect(ask()).toEqual(['matches', 'matches']);
    expect(ask()).toEqual(['exhausted', 'exhausted']);
    expect(filterOf('true').decide({}, budget)).toBe('exhausted');
    // Many conditions and long paths count as well.
    for (const text of [
      Array.from({ length: 60 }, () => 'payload.a == 1').join(' or '),
      `payload${'.a'.repeat(400)} == 1`,
    ]) {
      expect(filterOf(text).decide({ payload }, new FilterBudget(1_000))).toBe('exhausted');
    }
  });
});

describe('a filter that does not match says where it stopped', () => {
  const stopOf = (text: string) => {
    const verdict = filterOf(text).verdict(FACTS);
    return verdict.kind === 'stopped' ? verdict.stop : verdict.kind;
  };

  it('with the first condition that does not hold, and what was found there', () => {
    expect(stopOf('payload.merged and payload.number > 8 and payload.draft')).toEqual({
      condition: 'payload.number > 8',
      value: 7,
      position: { line: 1, column: 20, offset: 19 },
    });
    expect(stopOf('(payload.merged and payload.missing.deep == "x")')).toMatchObject({
      condition: 'payload.missing.deep == "x"',
      value: undefined,
    });
    expect(stopOf('payload.action not in ["opened"]')).toMatchObject({
      condition: 'payload.action not in ["opened"]',
      value: 'opened',
    });
  });

  it('with all of an `or`, since none of its parts is to blame alone', () => {
    expect(stopOf('payload.merged and (payload.draft or payload.number == 8)')).toMatchObject({
      condition: 'payload.draft or payload.number == 8',
    });
  });

  it('or that it matches', () => {
    expect(stopOf('payload.merged')).toBe('matches');
  });
});
