import { generateStandardKeyPair, generateStandardSecret, parseStandardKey } from './index';

const PUBLISHED_PRIVATE_KEY =
  'whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg==';

function whsec(byteLength: number): string {
  return `whsec_${Buffer.alloc(byteLength, 0xa5).toString('base64')}`;
}

describe('generateStandardSecret', () => {
  it('makes another secret each time, of 32 bytes, behind whsec_', () => {
    const secrets = Array.from({ length: 50 }, generateStandardSecret);
    expect(new Set(secrets).size).toBe(secrets.length);
    for (const secret of secrets) {
      expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
      expect(parseStandardKey(secret)).toMatchObject({ kind: 'symmetric', key: { symmetricKeySize: 32 } });
    }
  });
});

describe('generateStandardKeyPair', () => {
  it('makes a pair that can be read back', () => {
    const { privateKey, publicKey } = generateStandardKeyPair();
    expect(parseStandardKey(privateKey).kind).toBe('private');
    expect(parseStandardKey(publicKey).kind).toBe('public');
    expect(generateStandardKeyPair().privateKey).not.toBe(privateKey);
  });
});

describe('parseStandardKey', () => {
  it.each([24, 25, 26, 32, 63, 64])('takes a secret of %i bytes', (length) => {
    const key = parseStandardKey(whsec(length));
    expect(key.kind === 'symmetric' && key.key.export()).toEqual(Buffer.alloc(length, 0xa5));
  });

  it('takes a published private key, seed and public key together', () => {
    expect(parseStandardKey(PUBLISHED_PRIVATE_KEY).kind).toBe('private');
  });

  const mismatched = Buffer.from(PUBLISHED_PRIVATE_KEY.slice(5), 'base64');
  mismatched[0] = (mismatched[0] ?? 0) ^ 1;
  it.each([
    ['nothing', '', /begins with whsec_/],
    ['no prefix', 'MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', /begins with whsec_/],
    ['a prefix alone', 'whsec_', /24 to 64 bytes; this one holds 0/],
    ['another prefix', 'sk_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', /begins with whsec_/],
    ['a prefix in upper case', 'WHSEC_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', /begins with whsec_/],
    ['23 bytes', whsec(23), /24 to 64 bytes; this one holds 23/],
    ['65 bytes', whsec(65), /24 to 64 bytes; this one holds 65/],
    ['what is not base64', 'whsec_%%%%', /base64/],
    ['base64 without its padding', whsec(32).replace('=', ''), /base64/],
    ['URL-safe base64', `whsec_${Buffer.alloc(32, 0xff).toString('base64url')}=`, /base64/],
    ['a line break at the end', `${whsec(24)}\n`, /base64/],
    ['a public key cut short', 'whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4', /base64/],
    ['a public key of 31 bytes', `whpk_${Buffer.alloc(31).toString('base64')}`, /32 bytes; this one holds 31/],
    ['a private key of its seed alone', `whsk_${Buffer.alloc(32).toString('base64')}`, /64 bytes; this one holds 32/],
    ['a private key of two strangers', `whsk_${mismatched.toString('base64')}`, /do not belong together/],
  ])('says what is wrong with %s', (_, text, words) => {
    expect(parseStandardKey(text)).toEqual({ kind: 'malformed', detail: expect.stringMatching(words) });
  });

  it('repeats nothing of a key that it refuses', () => {
    const secret = 'whsec_c2VjcmV0LXRoYXQtaXM';
    expect(JSON.stringify(parseStandardKey(secret))).not.toContain('c2Vj');
  });
});
