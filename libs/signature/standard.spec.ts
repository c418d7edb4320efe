import {
  generateStandardKeyPair,
  generateStandardSecret,
  signStandard,
  SignatureKeyError,
  verifyStandard,
  type SignedMessage,
} from './index';

const NOW_SECONDS = 1_614_265_330;
const NOW = new Date(NOW_SECONDS * 1000);
const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const PRIVATE_KEY = 'whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg==';
const PUBLIC_KEY = 'whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=';
const ID = 'msg_p5jXN8AQM9LWM0D4loKWxJek';
const BODY = Buffer.from('{"test": 2432232314}');
const V1 = 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=';
const V1A = 'v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg==';

function aMessage(overrides: Partial<SignedMessage> = {}): SignedMessage {
  return { id: ID, timestamp: String(NOW_SECONDS), signature: V1, body: BODY, ...overrides };
}

describe('signStandard', () => {
  it('makes the published v1 signature', () => {
    expect(signStandard({ id: ID, timestampSeconds: NOW_SECONDS, body: BODY, secret: SECRET })).toBe(V1);
  });

  it('makes the published v1a signature', () => {
    expect(signStandard({ id: ID, timestampSeconds: NOW_SECONDS, body: BODY, secret: PRIVATE_KEY })).toBe(V1A);
  });

  it.each([
    ['a secret', () => bothEnds(generateStandardSecret())],
    ['a key pair', () => bothEnds(generateStandardKeyPair())],
  ])('makes what verifyStandard takes, with %s and bytes that are no text', (_, newKeys) => {
    const { secret, key } = newKeys();
    const body = Buffer.from([0xff, 0xfe, 0x00, 0xc3, 0x28]);
    const signature = signStandard({ id: ID, timestampSeconds: NOW_SECONDS, body, secret });
    expect(verifyStandard(aMessage({ body, signature }), [key], NOW)).toEqual({ kind: 'valid', proof: signature });
  });

  it.each(['', 'a.b', 'a b', 'a\nb', 'é', '\u0141'])(
    'refuses the id %j, which could not be told from its body',
    (id) => {
      expect(() => signStandard({ id, timestampSeconds: NOW_SECONDS, body: BODY, secret: SECRET })).toThrow(RangeError);
    },
  );

  it.each([1.5, -1, Number.NaN, Infinity, 1e21])('refuses the time %d', (timestampSeconds) => {
    expect(() => signStandard({ id: ID, timestampSeconds, body: BODY, secret: SECRET })).toThrow(RangeError);
  });

  it.each([PUBLIC_KEY, 'whsec_short', 'nothing like it'])('refuses to sign with %s', (secret) => {
    expect(() => signStandard({ id: ID, timestampSeconds: 1, body: BODY, secret })).toThrow(SignatureKeyError);
  });
});

describe('verifyStandard', () => {
  it.each([
    ['a secret', SECRET, V1],
    ['a public key', PUBLIC_KEY, V1A],
    ['a private key', PRIVATE_KEY, V1A],
  ])('takes a good signature by %s', (_, key, signature) => {
    expect(verifyStandard(aMessage({ signature }), [key], NOW)).toEqual({ kind: 'valid', proof: signature });
  });

  it('takes either of two keys, and either of two schemes', () => {
    const other = generateStandardSecret();
    expect(verifyStandard(aMessage(), [other, SECRET], NOW).kind).toBe('valid');
    expect(verifyStandard(aMessage(), [SECRET, other], NOW).kind).toBe('valid');
    expect(verifyStandard(aMessage(), [PUBLIC_KEY, SECRET], NOW).kind).toBe('valid');
    expect(verifyStandard(aMessage({ signature: V1A }), [SECRET, PUBLIC_KEY], NOW).kind).toBe('valid');
    expect(verifyStandard(aMessage(), [other, PUBLIC_KEY], NOW).kind).toBe('invalid');
  });

  it('finds the good one among others, malformed ones and unknown versions, and names it', () => {
    const decoy = V1.replace('g0hM', 'Ceo5');
    const signature = `v2,AAAA v1 v1, , garbage ${decoy}  v1,??? v1a,AAAA ${V1} ${decoy}`;
    expect(verifyStandard(aMessage({ signature }), [SECRET], NOW)).toEqual({ kind: 'valid', proof: V1 });
  });

  it.each([
    ['an unknown version', V1.replace('v1,', 'v2,')],
    ['a version that only begins alike', V1.replace('v1,', 'v1b,')],
    ['a version in upper case', V1.replace('v1,', 'V1,')],
    ['no version', V1.slice(3)],
    ['the HMAC under the version of Ed25519', V1.replace('v1,', 'v1a,')],
    ['cut short', V1.slice(0, 11)],
    ['a byte too long', `v1,${Buffer.alloc(33).toString('base64')}`],
    ['without padding', V1.slice(0, -1)],
    ['in hex', `v1,${Buffer.from(V1.slice(3), 'base64').toString('hex')}`],
    ['separated by commas', `${V1},${V1}`],
    ['a space', ' '],
  ])('refuses a signature that is %s', (_, signature) => {
    expect(verifyStandard(aMessage({ signature }), [SECRET, PUBLIC_KEY], NOW).kind).toBe('invalid');
  });

  it('tells a proof that is missing from one that is incomplete', () => {
    expect(verifyStandard(aMessage({ signature: undefined }), [SECRET], NOW).kind).toBe('missing');
    expect(verifyStandard(aMessage({ signature: '' }), [SECRET], NOW).kind).toBe('missing');
    expect(verifyStandard(aMessage({ id: undefined }), [SECRET], NOW).kind).toBe('invalid');
    expect(verifyStandard(aMessage({ timestamp: undefined }), [SECRET], NOW).kind).toBe('invalid');
  });

  it.each([301, -301])('calls a good signature stale %i s later', (seconds) => {
    const then = new Date(NOW.getTime() + seconds * 1000);
    expect(verifyStandard(aMessage(), [SECRET], then).kind).toBe('stale');
    expect(verifyStandard(aMessage({ signature: V1A }), [PUBLIC_KEY], then).kind).toBe('stale');
    expect(verifyStandard(aMessage(), [SECRET], then, 301).kind).toBe('valid');
  });

  it('does not let the start of a body pass for the end of an id', () => {
    const body = Buffer.from(`${NOW_SECONDS}.inner`);
    const signature = signStandard({ id: 'msg', timestampSeconds: NOW_SECONDS, body, secret: SECRET });
    const shifted = aMessage({ id: `msg.${NOW_SECONDS}`, signature, body: Buffer.from('inner') });
    expect(verifyStandard({ ...shifted, id: 'msg', body }, [SECRET], NOW).kind).toBe('valid');
    expect(verifyStandard(shifted, [SECRET], NOW).kind).toBe('invalid');
  });

  it('does not take a character for the byte that it shares with another', () => {
    const signature = signStandard({ id: 'A', timestampSeconds: NOW_SECONDS, body: BODY, secret: SECRET });
    expect(verifyStandard(aMessage({ id: '\u0141', signature }), [SECRET], NOW).kind).toBe('invalid');
  });

  it('proves nothing without keys', () => {
    expect(verifyStandard(aMessage(), [], NOW).kind).toBe('invalid');
  });

  it('throws for a key of our own that is malformed, for that is no fault of the sender', () => {
    expect(() => verifyStandard(aMessage(), ['whsec_short'], NOW)).toThrow(SignatureKeyError);
  });

  it('looks at a handful of Ed25519 signatures only, however many are sent', () => {
    const decoy = `v1a,${Buffer.alloc(64, 7).toString('base64')}`;
    const early = [...Array<string>(7).fill(decoy), V1A].join(' ');
    const late = [...Array<string>(8).fill(decoy), V1A].join(' ');
    expect(verifyStandard(aMessage({ signature: early }), [PUBLIC_KEY], NOW).kind).toBe('valid');
    expect(verifyStandard(aMessage({ signature: late }), [PUBLIC_KEY], NOW).kind).toBe('invalid');
  });
});

/** What the sender signs with and what the receiver checks with. */
function bothEnds(made: string | { privateKey: string; publicKey: string }): { secret: string; key: string } {
  return typeof made === 'string' ? { secret: made, key: made } : { secret: made.privateKey, key: made.publicKey };
}
