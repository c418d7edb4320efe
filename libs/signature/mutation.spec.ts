import {
  generateStandardKeyPair,
  generateStandardSecret,
  SignatureKeyError,
  signHmac,
  signStandard,
  verifyHmac,
  verifyStandard,
  type HmacScheme,
  type SignedMessage,
} from './index';

const NOW_SECONDS = 1_614_265_330;
const BODY = Buffer.concat([Buffer.from('{"test": 2432232314}'), Buffer.from([0xff, 0x00, 0xc3])]);
const SECRET = Buffer.from("It's a Secret to Everybody");

/** Each byte changed in each of these ways; 0x20 changes the case of a letter. */
const MASKS = [0x01, 0x02, 0x04, 0x10, 0x20, 0x80, 0xff];

function* changesOf(bytes: Uint8Array): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at++) {
    for (const mask of MASKS) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ mask;
      yield changed;
    }
    yield Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1)]);
    yield Buffer.concat([bytes.subarray(0, at), Buffer.from('0'), bytes.subarray(at)]);
  }
}

/** The same for what travels in a header, where one character is one byte. */
function* changesOfText(text: string): Generator<string> {
  for (const changed of changesOf(Buffer.from(text, 'latin1'))) yield changed.toString('latin1');
}

describe('no change of one byte is taken', () => {
  const schemes: HmacScheme[] = [
    { algorithm: 'sha1', encoding: 'base64' },
    { algorithm: 'sha256', encoding: 'hex', prefix: 'sha256=' },
    { algorithm: 'sha256', encoding: 'base64' },
    { algorithm: 'sha512', encoding: 'hex' },
  ];
  describe.each(schemes)('in the HMAC %j', (scheme) => {
    const proof = signHmac([BODY], SECRET, scheme);

    it('unless nothing is changed', () => {
      expect(verifyHmac(proof, [BODY], SECRET, scheme)).toBe(true);
    });

    it('of the body', () => {
      for (const body of changesOf(BODY)) expect(verifyHmac(proof, [body], SECRET, scheme)).toBe(false);
    });

    it('of the secret', () => {
      for (const secret of changesOf(SECRET)) expect(verifyHmac(proof, [BODY], secret, scheme)).toBe(false);
    });

    it('of the proof', () => {
      for (const changed of changesOfText(proof)) expect(verifyHmac(changed, [BODY], SECRET, scheme)).toBe(false);
    });
  });

  const shared = generateStandardSecret();
  const pair = generateStandardKeyPair();
  describe.each([
    ['v1', shared, shared],
    ['v1a', pair.privateKey, pair.publicKey],
  ])('in Standard Webhooks %s', (_, secret, key) => {
    const signature = signStandard({ id: 'msg_1', timestampSeconds: NOW_SECONDS, body: BODY, secret });
    const message: SignedMessage = { id: 'msg_1', timestamp: String(NOW_SECONDS), signature, body: BODY };

    it('unless nothing is changed', () => {
      expect(isTaken(message, key)).toBe(true);
    });

    it('of the body', () => {
      for (const body of changesOf(BODY)) expect(isTaken({ ...message, body }, key)).toBe(false);
    });

    it('of the id', () => {
      for (const id of changesOfText('msg_1')) expect(isTaken({ ...message, id }, key)).toBe(false);
    });

    it('of the time, a leading zero included', () => {
      for (const timestamp of changesOfText(String(NOW_SECONDS))) {
        expect(isTaken({ ...message, timestamp }, key)).toBe(false);
      }
    });

    it('of the signature', () => {
      for (const changed of changesOfText(signature)) {
        expect(isTaken({ ...message, signature: changed }, key)).toBe(false);
      }
    });

    it('of the key', () => {
      for (const changed of changesOfText(key)) expect(isTaken(message, changed)).toBe(false);
    });
  });
});

/** A changed key may no longer be one at all; that refuses as well. */
function isTaken(message: SignedMessage, key: string): boolean {
  try {
    return verifyStandard(message, [key], new Date(NOW_SECONDS * 1000)).kind === 'valid';
  } catch (error) {
    if (error instanceof SignatureKeyError) return false;
    throw error;
  }
}
