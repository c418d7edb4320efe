import { createHmac } from 'node:crypto';
import { matchHmac, SignatureKeyError, signHmac, verifyHmac, type HmacScheme } from './index';

const HUB: HmacScheme = { algorithm: 'sha256', encoding: 'hex', prefix: 'sha256=' };
const SECRET = "It's a Secret to Everybody";
const BODY = Buffer.from('Hello, World!');
const PROOF = 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17';

const SCHEMES: HmacScheme[] = (['sha1', 'sha256', 'sha512'] as const).flatMap((algorithm) =>
  (['hex', 'base64'] as const).flatMap((encoding) => [
    { algorithm, encoding },
    { algorithm, encoding, prefix: 'sig: ' },
  ]),
);

describe('signHmac', () => {
  it("makes GitHub's published signature", () => {
    expect(signHmac([BODY], SECRET, HUB)).toBe(PROOF);
  });

  it.each(SCHEMES)('agrees with node:crypto for %j', (scheme) => {
    const digest = createHmac(scheme.algorithm, SECRET).update(BODY).digest(scheme.encoding);
    expect(signHmac([BODY], SECRET, scheme)).toBe((scheme.prefix ?? '') + digest);
  });

  it('hashes parts as if they were joined', () => {
    expect(signHmac([BODY.subarray(0, 3), Buffer.alloc(0), BODY.subarray(3)], SECRET, HUB)).toBe(PROOF);
  });

  it('signs bytes that are no text', () => {
    const body = Buffer.from([0xff, 0x00, 0xc3, 0x28]);
    expect(verifyHmac(signHmac([body], SECRET, HUB), [body], SECRET, HUB)).toBe(true);
    expect(verifyHmac(signHmac([body], SECRET, HUB), [Buffer.from(body.toString())], SECRET, HUB)).toBe(false);
  });

  it('takes a key as text or as its UTF-8 bytes', () => {
    expect(signHmac([BODY], 'clé très secrète', HUB)).toBe(signHmac([BODY], Buffer.from('clé très secrète'), HUB));
  });

  it('refuses an empty secret', () => {
    expect(() => signHmac([BODY], '', HUB)).toThrow(SignatureKeyError);
    expect(() => signHmac([BODY], new Uint8Array(), HUB)).toThrow(SignatureKeyError);
  });
});

describe('verifyHmac', () => {
  it.each(SCHEMES)('accepts what signHmac made for %j', (scheme) => {
    expect(verifyHmac(signHmac([BODY], SECRET, scheme), [BODY], SECRET, scheme)).toBe(true);
  });

  it('refuses everything under an empty secret, a proof made with it included', () => {
    const forged = `sha256=${createHmac('sha256', '').update(BODY).digest('hex')}`;
    expect(verifyHmac(forged, [BODY], '', HUB)).toBe(false);
  });

  const hex = PROOF.slice('sha256='.length);
  it.each([
    ['empty', ''],
    ['the prefix alone', 'sha256='],
    ['no prefix', hex],
    ['another prefix', `sha1=${hex}`],
    ['a prefix in upper case', `SHA256=${hex}`],
    ['cut short', PROOF.slice(0, -1)],
    ['a byte short', PROOF.slice(0, -2)],
    ['too long', `${PROOF}00`],
    ['twice, as joined headers are', `${PROOF}, ${PROOF}`],
    ['upper-case hex', `sha256=${hex.toUpperCase()}`],
    ['not hex', `sha256=${'z'.repeat(64)}`],
    ['not hex at the end', `${PROOF.slice(0, -1)}g`],
    ['white space around', ` ${PROOF} `],
    ['base64 where hex is due', `sha256=${Buffer.from(hex, 'hex').toString('base64')}`],
    ['control characters', `sha256=\u0000${hex.slice(1)}`],
    ['characters beyond a byte', `sha256=${'\u{1F511}'.repeat(32)}`],
    ['huge', `sha256=${'a'.repeat(100_000)}`],
  ])('is false and does not throw for a proof that is %s', (_, proof) => {
    expect(verifyHmac(proof, [BODY], SECRET, HUB)).toBe(false);
  });

  it.each([
    ['without padding', (text: string) => text.replace(/=+$/, '')],
    ['in the URL-safe alphabet', (text: string) => text.replaceAll('+', '-').replaceAll('/', '_')],
    ['with white space inside', (text: string) => `${text.slice(0, 4)} ${text.slice(4)}`],
    ['with stray low bits', (text: string) => text.replace(/.=$/, (end) => nextCharacter(end))],
  ])('takes base64 in its one canonical spelling only, not %s', (_, respell) => {
    const scheme: HmacScheme = { algorithm: 'sha256', encoding: 'base64' };
    const body = bodyWhoseProof((proof) => respell(proof) !== proof, scheme);
    const respelt = respell(signHmac([body], SECRET, scheme));
    expect(Buffer.from(respelt, 'base64')).toEqual(Buffer.from(signHmac([body], SECRET, scheme), 'base64'));
    expect(verifyHmac(respelt, [body], SECRET, scheme)).toBe(false);
  });
});

describe('matchHmac', () => {
  const decoy = `sha256=${'0'.repeat(64)}`;

  it('finds the good one among others and malformed ones, wherever it stands', () => {
    for (const proofs of [[PROOF], [decoy, PROOF], ['', 'sha256=', 'nonsense', PROOF, decoy]]) {
      expect(matchHmac(proofs, [BODY], SECRET, HUB)).toBe(PROOF);
    }
  });

  it('finds nothing in an empty list, among wrong ones, and under an empty secret', () => {
    expect(matchHmac([], [BODY], SECRET, HUB)).toBeNull();
    expect(matchHmac([decoy, `${PROOF}0`], [BODY], SECRET, HUB)).toBeNull();
    expect(matchHmac([PROOF], [BODY], '', HUB)).toBeNull();
  });
});

/** The character before the padding, with its two unused low bits set: the same bytes, spelt otherwise. */
function nextCharacter(end: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  return `${alphabet[alphabet.indexOf(end[0] ?? '') | 1] ?? ''}=`;
}

function bodyWhoseProof(holds: (proof: string) => boolean, scheme: HmacScheme): Buffer {
  for (let n = 0; ; n++) {
    const body = Buffer.from(`body ${n}`);
    if (holds(signHmac([body], SECRET, scheme))) return body;
  }
}
