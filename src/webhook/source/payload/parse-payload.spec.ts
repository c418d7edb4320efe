import type { IncomingHttpHeaders } from 'node:http';
import { parsePayload } from './parse-payload';
import type { ParsedPayload } from './payload';

function parse(type: string | undefined, body: string | Buffer, headers: IncomingHttpHeaders = {}): ParsedPayload {
  return parsePayload({ headers: { 'content-type': type, ...headers }, body: Buffer.from(body) });
}

function ok(format: string, value?: unknown) {
  return { kind: 'ok', payload: { format, value } };
}

const JSON_TYPE = 'application/json';
const FORM_TYPE = 'application/x-www-form-urlencoded';

describe('content types', () => {
  it.each([
    [JSON_TYPE, '{}', 'json'],
    ['APPLICATION/JSON', '{}', 'json'],
    ['application/json;charset=utf-8', '{}', 'json'],
    ['application/json ; Charset="UTF-8"', '{}', 'json'],
    ['application/json; charset=utf8; profile="a;b\\"c"', '{}', 'json'],
    ['application/json;', '{}', 'json'],
    ['application/json; ; v=1', '{}', 'json'],
    ['application/json; charset=us-ascii', '{}', 'json'],
    ['text/json', '{}', 'json'],
    ['application/cloudevents+json', '{}', 'json'],
    ['application/vnd.github.v3+json', '{}', 'json'],
    [FORM_TYPE, 'a=b', 'form'],
    ['text/plain', 'hello', 'text'],
    ['text/csv; header=present', 'a,b', 'text'],
    ['application/xml', '<a/>', 'xml'],
    ['text/xml', '<a/>', 'xml'],
    ['application/soap+xml', '<a/>', 'xml'],
  ])('takes %s', (type, body, format) => {
    expect(parse(type, body)).toMatchObject({ kind: 'ok', payload: { format } });
  });

  it.each([
    'application/octet-stream',
    'multipart/form-data; boundary=x',
    'image/png',
    'application/x-ndjson',
    'application/jsonp',
    'json',
    'application/',
    '/json',
    'application/json/x',
    'application/json charset=utf-8',
    'application/json; charset',
    'application/json; charset = utf-8',
    'application/json; charset=utf-8; charset=latin1',
    'application/json, application/json',
    'application/json; x="unclosed',
    ';',
    '*/*',
  ])('does not take %s', (type) => {
    expect(parse(type, '{}')).toMatchObject({ kind: 'unsupported', detail: expect.stringMatching(/JSON, form, text/) });
  });

  it('needs one as soon as there is a body', () => {
    expect(parse(undefined, '')).toEqual(ok('empty'));
    expect(parse('', '')).toEqual(ok('empty'));
    expect(parse(undefined, 'x')).toEqual({ kind: 'unsupported', detail: expect.stringMatching(/no Content-Type/) });
  });

  it('takes no encoded body', () => {
    for (const encoding of ['gzip', 'br', 'deflate', 'identity, gzip', 'x']) {
      const result = parse(JSON_TYPE, '{}', { 'content-encoding': encoding });
      expect(result).toEqual({ kind: 'unsupported', detail: expect.stringMatching(/Content-Encoding/) });
    }
    expect(parse(JSON_TYPE, '{}', { 'content-encoding': ' Identity ' })).toEqual(ok('json', {}));
    expect(parse(JSON_TYPE, '{}', { 'content-encoding': '' })).toEqual(ok('json', {}));
  });

  it('repeats no more than a line of what the sender wrote', () => {
    for (const type of [`application/${'x'.repeat(9000)}`, `text/plain; charset="${'x'.repeat(9000)}"`]) {
      const result = parse(type, 'x');
      expect(result).toEqual({ kind: 'unsupported', detail: expect.any(String) });
      expect(JSON.stringify(result).length).toBeLessThan(250);
    }
  });
});

describe('JSON', () => {
  it.each([
    ['{"a":{"b":[1,"é",null]}}', { a: { b: [1, 'é', null] } }],
    ['[]', []],
    ['7', 7],
    ['"text"', 'text'],
    ['null', null],
    [' \r\n{"a":1}\t', { a: 1 }],
    ['\uFEFF{"a":1}', { a: 1 }],
    ['"\\u0000\\ud800"', '\u0000\ud800'],
  ])('takes %j', (body, value) => {
    expect(parse(JSON_TYPE, body)).toEqual(ok('json', value));
  });

  it('keeps a property named __proto__ a property', () => {
    const result = parse(JSON_TYPE, '{"__proto__":{"type":"x"}}');
    const value = result.kind === 'ok' ? result.payload.value : null;
    expect(Object.keys(Object(value))).toEqual(['__proto__']);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
  });

  it.each([
    ['empty', ''],
    ['white space', ' \n'],
    ['a byte order mark', '\uFEFF'],
    ['cut short', '{"a":'],
    ['followed by more', '{} {}'],
    ['a bare word', 'hello'],
    ['single quotes', "{'a':1}"],
    ['NaN', 'NaN'],
    ['a trailing comma', '[1,]'],
    ['a raw control character', '"a\u0000b"'],
    ['a NUL', '\u0000'],
    ['a form', 'a=b'],
  ])('is malformed when it is %s', (_, body) => {
    expect(parse(JSON_TYPE, body)).toEqual({ kind: 'malformed', detail: expect.any(String) });
  });

  it.each([
    ['a stray byte', Buffer.from([0x22, 0xff, 0x22])],
    ['an overlong form', Buffer.from([0x22, 0xc0, 0xaf, 0x22])],
    ['half a character', Buffer.from([0x22, 0xc3, 0x22])],
    ['a surrogate', Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22])],
    ['UTF-16 with its mark', Buffer.from('\uFEFF{}', 'utf16le')],
  ])('is malformed when its bytes are no UTF-8: %s', (_, body) => {
    expect(parse(JSON_TYPE, body)).toEqual({ kind: 'malformed', detail: 'The body is not valid UTF-8.' });
  });

  it('is malformed when it claims us-ascii and is not', () => {
    expect(parse('application/json; charset=us-ascii', '"é"')).toMatchObject({ kind: 'malformed' });
  });

  it.each(['latin1', 'iso-8859-1', 'utf-16', 'utf-16le', 'klingon', '""', 'utf-8-sig'])(
    'is not taken in the charset %s',
    (charset) => {
      expect(parse(`application/json; charset=${charset}`, '{}')).toMatchObject({ kind: 'unsupported' });
    },
  );

  it('does not repeat the body in what it answers', () => {
    expect(JSON.stringify(parse(JSON_TYPE, 'hunter2'))).not.toContain('hunter2');
  });
});

describe('nesting', () => {
  const nested = (depth: number, open: string, middle: string, close: string) =>
    open.repeat(depth) + middle + close.repeat(depth);

  it('is taken to 128 levels and no deeper', () => {
    expect(parse(JSON_TYPE, nested(128, '[', '', ']')).kind).toBe('ok');
    expect(parse(JSON_TYPE, nested(128, '{"a":', '1', '}')).kind).toBe('ok');
    expect(parse(JSON_TYPE, nested(64, '[{"a":', '1', '}]')).kind).toBe('ok');
    const deep = { kind: 'malformed', detail: 'The JSON is nested deeper than 128 levels.' };
    expect(parse(JSON_TYPE, nested(129, '[', '', ']'))).toEqual(deep);
    expect(parse(JSON_TYPE, nested(129, '{"a":', '1', '}'))).toEqual(deep);
    expect(parse(JSON_TYPE, nested(64, '[{"a":', '[]', '}]'))).toEqual(deep);
  });

  it('is not confused with breadth, nor with brackets inside strings', () => {
    expect(parse(JSON_TYPE, `[${'[],'.repeat(1000)}{}]`).kind).toBe('ok');
    expect(parse(JSON_TYPE, `"${'['.repeat(1000)}"`).kind).toBe('ok');
    expect(parse(JSON_TYPE, `["\\"${'['.repeat(1000)}\\\\"]`).kind).toBe('ok');
    expect(parse(JSON_TYPE, `["\\\\",${nested(128, '[', '', ']')}]`).kind).toBe('malformed');
  });

  it('does not overflow the stack on a mebibyte of open brackets', () => {
    expect(parse(JSON_TYPE, '['.repeat(1024 * 1024)).kind).toBe('malformed');
    expect(parse(JSON_TYPE, '{"a":'.repeat(200_000)).kind).toBe('malformed');
    expect(parse(JSON_TYPE, `"${'['.repeat(1024 * 1024)}`).kind).toBe('malformed');
    expect(parse(FORM_TYPE, `payload=${'{"a":'.repeat(150_000)}`).kind).toBe('ok');
  });
});

describe('forms', () => {
  it.each<[string, unknown]>([
    ['', {}],
    ['&&', {}],
    ['type=order.paid&total=12', { type: 'order.paid', total: '12' }],
    ['a=1&a=2&a=3&b=', { a: ['1', '2', '3'], b: '' }],
    ['a', { a: '' }],
    ['=1', { '': '1' }],
    ['a=b=c', { a: 'b=c' }],
    ['full+name=Ren%C3%A9+D.%2B%26%3d', { 'full name': 'René D.+&=' }],
    ['a=é', { a: 'é' }],
    ['a=%00', { a: '\u0000' }],
    ['constructor=1&toString=2', { constructor: '1', toString: '2' }],
  ])('reads %j', (body, value) => {
    expect(parse(FORM_TYPE, body)).toEqual(ok('form', value));
  });

  it('keeps a field named __proto__ a field', () => {
    const result = parse(FORM_TYPE, '__proto__=x');
    const value = result.kind === 'ok' ? result.payload.value : null;
    expect(Object.keys(Object(value))).toEqual(['__proto__']);
  });

  it('reads the JSON object of a lone field "payload", as GitHub posts it', () => {
    const field = (json: string) => `payload=${encodeURIComponent(json)}`;
    expect(parse(FORM_TYPE, field('{"type":"push","n":1}'))).toEqual(ok('form', { type: 'push', n: 1 }));
    expect(parse(FORM_TYPE, `${field('{"type":"push"}')}&a=1`)).toEqual(
      ok('form', { payload: '{"type":"push"}', a: '1' }),
    );
    expect(parse(FORM_TYPE, field('{broken'))).toEqual(ok('form', { payload: '{broken' }));
    expect(parse(FORM_TYPE, field('hello'))).toEqual(ok('form', { payload: 'hello' }));
    expect(parse(FORM_TYPE, 'payload=%7B%7D&payload=%7B%7D')).toEqual(ok('form', { payload: ['{}', '{}'] }));
  });

  it('reads the charset that it claims', () => {
    expect(parse(`${FORM_TYPE}; charset=iso-8859-1`, 'a=%E9')).toEqual(ok('form', { a: 'é' }));
    expect(parse(`${FORM_TYPE}; charset=klingon`, 'a=b')).toMatchObject({ kind: 'unsupported' });
  });

  it.each(['a=%', 'a=%4', 'a=%zz', 'a=%4g', '%=a', 'a=%C3', 'a=%FF', 'a=%ED%A0%80', 'a=1&b=%'])(
    'are malformed when they hold the escape of %j',
    (body) => {
      expect(parse(FORM_TYPE, body)).toMatchObject({ kind: 'malformed' });
    },
  );

  it('are malformed when raw bytes are not of their charset', () => {
    expect(parse(FORM_TYPE, Buffer.from([0x61, 0x3d, 0xff]))).toMatchObject({ kind: 'malformed' });
  });

  it('have a thousand fields at most', () => {
    expect(parse(FORM_TYPE, 'a=1&'.repeat(1000)).kind).toBe('ok');
    expect(parse(FORM_TYPE, 'a=1&'.repeat(1001)).kind).toBe('malformed');
  });
});

describe('text', () => {
  const latin1 = Buffer.from('é', 'latin1');

  it('may be anything where it claims no charset', () => {
    expect(parse('text/plain', latin1)).toEqual(ok('text'));
    expect(parse('text/plain', '')).toEqual(ok('text'));
  });

  it('is held to the charset that it claims', () => {
    expect(parse('text/plain; charset=utf-8', 'é')).toEqual(ok('text'));
    expect(parse('text/plain; charset=iso-8859-1', latin1)).toEqual(ok('text'));
    expect(parse('text/plain; charset=shift_jis', Buffer.from([0x82, 0xa0]))).toEqual(ok('text'));
    expect(parse('text/plain; charset=utf-8', latin1)).toMatchObject({ kind: 'malformed' });
    expect(parse('text/plain; charset=us-ascii', latin1)).toMatchObject({ kind: 'malformed' });
    expect(parse('text/plain; charset=shift_jis', Buffer.from([0x82]))).toMatchObject({ kind: 'malformed' });
    expect(parse('text/plain; charset=klingon', 'x')).toMatchObject({ kind: 'unsupported' });
    expect(parse('text/plain; charset=""', 'x')).toMatchObject({ kind: 'unsupported' });
  });
});

describe('XML', () => {
  it.each<[string, string, string | Buffer]>([
    ['as it is', 'application/xml', '<?xml version="1.0"?><a/>'],
    ['after white space', 'application/xml', ' \r\n\t<a/>'],
    ['after a byte order mark', 'application/xml', '\uFEFF <a/>'],
    ['in an encoding that it names, with NUL bytes', 'text/xml', '<a>\u0000</a>'],
    ['in UTF-16 by its mark', 'application/xml', Buffer.from('\uFEFF<a/>', 'utf16le')],
    ['in UTF-16, the other way', 'application/xml', Buffer.from('\uFEFF<a/>', 'utf16le').swap16()],
    ['in UTF-16 by its charset', 'text/xml; charset=utf-16le', Buffer.from('<a/>', 'utf16le')],
    ['in an encoding that it names itself', 'text/xml', Buffer.from('<?xml encoding="latin1"?><é/>', 'latin1')],
    ['not even well-formed, for it is not parsed', 'text/xml', '<a><b></a>'],
  ])('is taken %s', (_, type, body) => {
    expect(parse(type, body)).toEqual(ok('xml'));
  });

  it.each<[string, string, string | Buffer]>([
    ['empty', 'application/xml', ''],
    ['white space', 'application/xml', ' \n'],
    ['a byte order mark', 'application/xml', '\uFEFF'],
    ['JSON', 'application/xml', '{"a":"<a/>"}'],
    ['text', 'text/xml', 'hello <a/>'],
    ['not of its charset', 'text/xml; charset=utf-8', Buffer.from('<é/>', 'latin1')],
    ['not of its byte order mark', 'text/xml', Buffer.from([0xef, 0xbb, 0xbf, 0x3c, 0xff])],
    ['half of UTF-16', 'text/xml', Buffer.from([0xff, 0xfe, 0x3c])],
  ])('is malformed when it is %s', (_, type, body) => {
    expect(parse(type, body)).toMatchObject({ kind: 'malformed' });
  });

  it('is not taken in an unknown charset', () => {
    expect(parse('text/xml; charset=klingon', '<a/>')).toMatchObject({ kind: 'unsupported' });
  });
});
