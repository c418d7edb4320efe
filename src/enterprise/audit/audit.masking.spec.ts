import { HIDDEN, masked } from './audit.masking';

describe('what is told to the trail', () => {
  it.each([
    'password',
    'newPassword',
    'secret',
    'client_secret',
    'previousSecret',
    'api_key',
    'apiKey',
    'signing-key',
    'keyHash',
    'password_hash',
    'refresh_token',
    'Authorization',
    'cookie',
    'key',
  ])('has nothing of a field named %s, however deep', (name) => {
    expect(masked({ [name]: 'x', in: [{ [name]: { deep: 1 } }] })).toEqual({
      [name]: HIDDEN,
      in: [{ [name]: HIDDEN }],
    });
  });

  it.each([
    'mira_0123456789abcdefghijklmnop',
    'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
    '$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA',
    'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln',
    `ghp_${'a'.repeat(36)}`,
  ])('has no text that looks like a secret, whatever it is called: %s', (text) => {
    expect(masked({ note: text })).toEqual({ note: HIDDEN });
  });

  it('has no bytes, which are keys, hashes and ciphertexts', () => {
    expect(masked({ a: Buffer.of(1), b: new Uint8Array(2), c: new ArrayBuffer(1) })).toEqual({
      a: HIDDEN,
      b: HIDDEN,
      c: HIDDEN,
    });
  });

  it('has no user and password in an address', () => {
    expect(masked({ base_url: 'https://ada:pw@n8n.example/x?y@z' })).toEqual({
      base_url: `https://${HIDDEN}@n8n.example/x?y@z`,
    });
  });

  it('keeps what only tells of secrets, and all else', () => {
    const told = {
      has_password: true,
      has_api_key: false,
      api_key: null,
      previous_secret_expires_at: '2026-01-01T00:00:00.000Z',
      api_key_id: 'an id',
      keys: 3,
      name: 'mira_prod',
      base_url: 'https://n8n.example/@x',
      list: ['a', 1, null],
    };
    expect(masked(told)).toEqual(told);
    expect(masked({ at: new Date(0) })).toEqual({ at: '1970-01-01T00:00:00.000Z' });
  });
});
