import { generateApiKey, hashApiKey, isApiKeyShape } from './api-key.format';

describe('API key format', () => {
  it('makes keys of the promised shape, each another', () => {
    const keys = Array.from({ length: 200 }, generateApiKey);
    for (const key of keys) expect(key).toMatch(/^mira_[0-9A-Za-z]{38}$/);
    expect(new Set(keys).size).toBe(200);
  });

  it('knows its own keys and refuses every single mistyped character', () => {
    const key = generateApiKey();
    expect(isApiKeyShape(key)).toBe(true);
    for (let at = 0; at < key.length; at++) {
      const wrong = key.slice(0, at) + (key[at] === 'x' ? 'y' : 'x') + key.slice(at + 1);
      expect(isApiKeyShape(wrong)).toBe(false);
    }
  });

  it.each(['', 'mira_', 'mira_short', `${generateApiKey()}0`, ` ${generateApiKey()}`])('refuses %j', (text) => {
    expect(isApiKeyShape(text)).toBe(false);
  });

  it('hashes to 32 bytes, the same each time', () => {
    const key = generateApiKey();
    expect(hashApiKey(key)).toHaveLength(32);
    expect(hashApiKey(key)).toEqual(hashApiKey(key));
  });
});
