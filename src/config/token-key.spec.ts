import { loadConfig } from './load-config';
import { decodeTokenKey, isTokenKey } from './token-key';

const key = Buffer.alloc(32, 9);

describe('a token key', () => {
  it.each([key.toString('base64'), key.toString('base64url'), Buffer.alloc(64, 9).toString('base64')])(
    'is read from %s',
    (text) => {
      expect(decodeTokenKey(`2026-11:${text}`)).toEqual({ id: '2026-11', secret: Buffer.from(text, 'base64') });
    },
  );

  it.each([
    '',
    ':',
    key.toString('base64'),
    `:${key.toString('base64')}`,
    `a b:${key.toString('base64')}`,
    'id:c2hvcnQ=',
    `id:${Buffer.alloc(31).toString('base64')}`,
  ])('is not %j, which is not repeated', (text) => {
    expect(isTokenKey(text)).toBe(false);
    expect(() => decodeTokenKey(text)).toThrow(
      /^A token key must be an id, a colon, and at least 32 bytes as base64.$/,
    );
  });

  it('stands in a list with others of other ids', () => {
    const load = (keys: string) => () => loadConfig({ env: { MIRA_AUTH_JWT_KEYS: keys }, cwd: __dirname });
    const text = key.toString('base64');
    expect(load(`b:${text},a:${text}`)().auth.jwt_keys).toEqual([`b:${text}`, `a:${text}`]);
    expect(load(`a:${text},a:${text}`)).toThrow('no two may have the same id');
    expect(load(`a:${text}x,b`)).toThrow(/^(?![^]*CQkJ)[^]*auth\.jwt_keys/);
  });
});
