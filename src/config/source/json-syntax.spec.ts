import { jsonMistakeAt } from './json-syntax';

describe('jsonMistakeAt', () => {
  it.each([
    ['', 'line 1, column 1'],
    ['{', 'line 1, column 2'],
    ['{"a":1,}', 'line 1, column 8'],
    ['[1,]', 'line 1, column 4'],
    ['[1 2]', 'line 1, column 4'],
    ['{a:1}', 'line 1, column 2'],
    ['{"a" 1}', 'line 1, column 6'],
    ['{"a":1]', 'line 1, column 7'],
    ['{"a":1}}', 'line 1, column 8'],
    ['{"a":1},', 'line 1, column 8'],
    ['{\n  // why\n}', 'line 2, column 3'],
    ['{\r\n  "a": tru\r\n}', 'line 2, column 8'],
    ['{\n  "a": "b\n}', 'line 2, column 8'],
    ['{"a": 012}', 'line 1, column 8'],
    [String.raw`{"a": "\x"}`, 'line 1, column 7'],
    ["{'a': 1}", 'line 1, column 2'],
  ])('finds the mistake in %j at %s', (text, place) => {
    expect(() => JSON.parse(text) as unknown).toThrow(SyntaxError);
    expect(jsonMistakeAt(text)).toBe(place);
  });

  it('takes what JSON takes', () => {
    const text = String.raw` { "a" : [ -1.5e+3 , true , false , null , "\u00e9\n\"\/" , { } , [ ] ] , "b" : 0 } `;

    expect(() => JSON.parse(text) as unknown).not.toThrow();
    expect(jsonMistakeAt(text)).toBe(`line 1, column ${text.length + 1}`);
  });
});
