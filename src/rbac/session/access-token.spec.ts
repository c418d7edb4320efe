import { JwtService } from '@nestjs/jwt';
import { AccessTokens, isAccessTokenShape } from './access-token';

const now = new Date('2026-11-22T12:00:00.000Z');
const after = (seconds: number) => new Date(now.getTime() + seconds * 1_000);
const claims = {
  tenantId: '0198c0de-0000-7000-8000-000000000001',
  userId: '0198c0de-0000-7000-8000-000000000002',
  sessionId: '0198c0de-0000-7000-8000-000000000003',
};
const newKey = { id: 'new', secret: Buffer.alloc(32, 1) };
const oldKey = { id: 'old', secret: Buffer.alloc(32, 2) };

describe('AccessTokens', () => {
  const sut = new AccessTokens([newKey, oldKey]);

  /** A token that is right in everything but what a test changes. */
  function forged(payload: object = {}, { header = {}, secret = newKey.secret, algorithm = 'HS256' as const } = {}) {
    const seconds = now.getTime() / 1_000;
    const right = { tid: claims.tenantId, sid: claims.sessionId, sub: claims.userId, iss: 'mira', aud: 'mira-api' };
    const times = { iat: seconds, nbf: seconds, exp: seconds + 900 };
    return new JwtService().sign(
      { ...right, ...times, ...payload },
      { secret, algorithm, header: { alg: algorithm, typ: 'at+jwt', kid: 'new', ...header } },
    );
  }

  it('reads back what it signed', () => {
    const token = sut.sign(claims, now);
    expect(isAccessTokenShape(token)).toBe(true);
    expect(sut.verify(token, now)).toEqual({ ...claims, expiresAtMs: after(900).getTime() });
    expect(sut.verify(forged(), now)).not.toBeNull();
  });

  it('is good for a quarter of an hour, and not before its time', () => {
    const token = sut.sign(claims, now);
    expect(sut.verify(token, after(899))).not.toBeNull();
    expect(sut.verify(token, after(906))).toBeNull();
    expect(sut.verify(token, after(-6))).toBeNull();
  });

  it('signs with the first key, and takes what any of them signed', () => {
    const before = new AccessTokens([oldKey]).sign(claims, now);
    expect(sut.verify(before, now)).toMatchObject(claims);
    expect(new AccessTokens([oldKey]).verify(sut.sign(claims, now), now)).toBeNull();
  });

  it('takes no key for another, whatever the token says', () => {
    expect(sut.verify(forged({}, { header: { kid: 'old' } }), now)).toBeNull();
    expect(sut.verify(forged({}, { header: { kid: 'unknown' } }), now)).toBeNull();
    expect(sut.verify(forged({}, { header: { kid: undefined } }), now)).toBeNull();
    expect(sut.verify(forged({}, { secret: Buffer.alloc(32, 3) }), now)).toBeNull();
  });

  it.each([
    ['from another issuer', { iss: 'other' }],
    ['for another audience', { aud: 'other' }],
    ['of nobody', { sub: undefined }],
    ['of no tenant', { tid: 'nonsense' }],
    ['of no session', { sid: undefined }],
  ])('refuses one %s', (_case, payload) => {
    expect(sut.verify(forged(payload), now)).toBeNull();
  });

  it('refuses one without an end', () => {
    const { secret } = newKey;
    const header = { alg: 'HS256', typ: 'at+jwt', kid: 'new' } as const;
    const payload = { tid: claims.tenantId, sid: claims.sessionId, sub: claims.userId, iss: 'mira', aud: 'mira-api' };
    expect(sut.verify(new JwtService().sign(payload, { secret, header }), now)).toBeNull();
  });

  it('refuses another type and another algorithm, also with its own key', () => {
    expect(sut.verify(forged({}, { header: { typ: 'JWT' } }), now)).toBeNull();
    expect(sut.verify(forged({}, { header: { typ: undefined } }), now)).toBeNull();
    const options = {
      secret: Buffer.alloc(64, 1),
      algorithm: 'HS512',
      header: { alg: 'HS512', typ: 'at+jwt', kid: 'long' },
    } as const;
    const other = new JwtService().sign({ ...claims }, options);
    expect(new AccessTokens([{ id: 'long', secret: Buffer.alloc(64, 1) }]).verify(other, now)).toBeNull();
  });

  it.each(['none', 'None', 'NONE'])('refuses a token that says alg %s', (alg) => {
    const [, payload = ''] = forged().split('.');
    const header = Buffer.from(JSON.stringify({ alg, typ: 'at+jwt', kid: 'new' })).toString('base64url');
    for (const signature of ['', 'AAAA']) expect(sut.verify(`${header}.${payload}.${signature}`, now)).toBeNull();
  });

  it.each(['', 'a.b.c', '..', `${'A'.repeat(2_050)}.a.b`, 'e30.e30.e30'])('refuses %j', (text) => {
    expect(sut.verify(text, now)).toBeNull();
  });

  it('knows a token by its form', () => {
    expect(['', 'a.b', 'a.b.c.d', 'mira_abc', `${'A'.repeat(2_050)}.a.b`].map(isAccessTokenShape)).toEqual(
      Array(5).fill(false),
    );
  });
});
