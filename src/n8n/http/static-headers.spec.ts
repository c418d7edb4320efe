import { staticHeadersFault } from './static-headers';

describe('headers that are given for all requests', () => {
  it.each([
    {},
    { authorization: 'Bearer abc' },
    { 'X-Api-Key': 'k', Cookie: 'a=b; c="d"', constructor: 'x' },
    Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`x-${n}`, 'v'])),
  ])('may be %j', (headers) => expect(staticHeadersFault(headers)).toBeNull());

  it.each([[null], [[]], ['a: b'], [7]])('are not %j', (headers) =>
    expect(staticHeadersFault(headers)).toMatch(/^must be an object/),
  );

  it.each(['', ' a', 'a b', 'a:', 'a\r\nb', 'ä', '__proto__', 'x'.repeat(101)])('have no name like %j', (name) =>
    expect(staticHeadersFault(JSON.parse(`{${JSON.stringify(name)}: "v"}`))).toMatch(/is no name of a header/),
  );

  it.each([
    'Host',
    'connection',
    'Transfer-Encoding',
    'upgrade',
    'proxy-authorization',
    'TE',
    'keep-alive',
    'trailer',
    'expect',
  ])('leave %s to the connection', (name) =>
    expect(staticHeadersFault({ [name]: 'v' })).toBe(
      `must not have ${name.toLowerCase()}, which belongs to the connection`,
    ),
  );

  it.each([
    'Content-Type',
    'content-length',
    'User-Agent',
    'traceparent',
    'Webhook-Id',
    'webhook-signature',
    'X-Mira-Attempt',
  ])('leave %s to Mira', (name) =>
    expect(staticHeadersFault({ [name]: 'v' })).toBe(`must not have ${name.toLowerCase()}, which Mira sets itself`),
  );

  it.each<[unknown]>([[''], [' a'], ['a '], ['a\nb'], ['clé'], [7], [null], [['a']]])(
    'have no value like %j, and do not repeat it',
    (value) => {
      expect(staticHeadersFault({ 'x-a': value })).toBe(
        'must have a text of visible ASCII characters for x-a, without spaces at its ends',
      );
    },
  );

  it('have each name once, whatever its case', () => {
    expect(staticHeadersFault({ 'x-a': '1', 'X-A': '2' })).toMatch(/has x-a twice/);
  });

  it('are 20 and 8192 characters at most', () => {
    const many = Object.fromEntries(Array.from({ length: 21 }, (_, n) => [`x-${n}`, 'v']));
    expect(staticHeadersFault(many)).toMatch(/at most 20 headers/);
    expect(staticHeadersFault({ a: 'v'.repeat(8_191) })).toBeNull();
    expect(staticHeadersFault({ a: 'v'.repeat(8_192) })).toMatch(/at most 8192 characters/);
  });
});
