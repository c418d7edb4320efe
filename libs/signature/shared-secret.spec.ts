import { generateSecret, sharedSecretFault, verifySharedSecret } from './index';

describe('generateSecret', () => {
  it('makes another secret each time, of 32 bytes, that passes its own check', () => {
    const secrets = Array.from({ length: 50 }, generateSecret);
    expect(new Set(secrets).size).toBe(secrets.length);
    for (const secret of secrets) {
      expect(Buffer.from(secret, 'base64url')).toHaveLength(32);
      expect(sharedSecretFault(secret)).toBeNull();
    }
  });
});

describe('sharedSecretFault', () => {
  it.each(["It's a Secret to Everybody", '12345678', 'x'.repeat(255), 'clé très secrète'])('takes %j', (secret) => {
    expect(sharedSecretFault(secret)).toBeNull();
  });

  it.each([
    ['nothing', '', /8 to 255/],
    ['one too short', '1234567', /8 to 255/],
    ['one too long', 'x'.repeat(256), /8 to 255/],
    ['a space at the start', ' 12345678', /white space/],
    ['a line break at the end', '12345678\n', /white space/],
    ['a control character', '1234\u00005678', /control/],
    ['half a surrogate pair', '12345678\ud800', /Unicode/],
  ])('refuses %s in clear words', (_, secret, words) => {
    expect(sharedSecretFault(secret)).toMatch(words);
  });
});

describe('verifySharedSecret', () => {
  it.each(["It's a Secret to Everybody", 'x'.repeat(255)])('takes %j for itself and for nothing else', (secret) => {
    expect(verifySharedSecret(secret, secret)).toBe(true);
    for (const other of [
      '',
      `${secret}x`,
      ` ${secret}`,
      secret.slice(1),
      secret.toUpperCase(),
      `${secret}, ${secret}`,
    ]) {
      expect(verifySharedSecret(other, secret)).toBe(false);
    }
  });

  it('knows the bytes of a secret that is not ASCII in the characters of a header', () => {
    const secret = 'clé très secrète';
    expect(verifySharedSecret(Buffer.from(secret).toString('latin1'), secret)).toBe(true);
    expect(verifySharedSecret(secret, secret)).toBe(false);
  });

  it('takes no character for another with the same low byte', () => {
    expect(verifySharedSecret('\u0131\u0132\u0133\u0134', '1234')).toBe(false);
  });

  it('takes nothing for an empty secret', () => {
    expect(verifySharedSecret('', '')).toBe(false);
  });
});
