import type { Verdict } from '@mira/signature';
import type { IncomingHttpHeaders } from 'node:http';
import { senderCases } from '../../../test/support/sender-cases';
import { flippedBytes, flippedText, signatureVectors } from '../../../test/vectors/signature-vectors';
import type { ReceivedRequest } from './received-request';
import { findSource, serviceNames } from './source.registry';

const NOW_SECONDS = 1_784_000_000;
const BODY = Buffer.concat([Buffer.from('{"type":"order.paid","total":12}'), Buffer.from([0xff, 0x00])]);
const URL_SENT_TO = 'https://mira.example.com/webhook/x/0199?of=7';

it('has a sender here for every source that is registered', () => {
  expect(new Set(senderCases.map(({ service }) => service))).toEqual(new Set(serviceNames));
});

it.each(['', 'GitHub', 'github ', 'constructor', '__proto__', 'toString', 'mira', 'gitlab/..', 'Stripe'])(
  'knows no source by the name %j',
  (service) => {
    expect(findSource(service)).toBeUndefined();
  },
);

describe.each(senderCases)('$title', ({ service, config = {}, proofHeader, time, newKeys, sign, ...sender }) => {
  const sut = sourceOf(service);
  const keysOf = newKeys ?? shared;
  const keys = keysOf();
  const timeHeader = typeof time === 'object' ? time.header : undefined;
  const isSigned = sender.signsBody ?? true;

  function shared() {
    const secret = sut.newSecret();
    return { sender: secret, endpoint: secret };
  }

  function signed(secret: string): IncomingHttpHeaders {
    return sign(secret, { body: BODY, seconds: NOW_SECONDS, url: URL_SENT_TO });
  }

  function verify(overrides: IncomingHttpHeaders = {}, options: Options = {}): Verdict {
    const {
      body = BODY,
      secrets = [keys.endpoint],
      signer = keys.sender,
      secondsLater = 0,
      url = URL_SENT_TO,
    } = options;
    const request: ReceivedRequest = { headers: { ...signed(signer), ...overrides }, body };
    return sut.verify(request, { secrets, config, url, now: new Date((NOW_SECONDS + secondsLater) * 1000) });
  }

  const goodHeaders = signed(keys.sender);
  const goodProof = String(goodHeaders[proofHeader]);

  it('takes a good proof and names it, the same each time', () => {
    expect(verify()).toEqual({ kind: 'valid', proof: sender.proofIn?.(goodProof) ?? goodProof });
    expect(verify()).toEqual(verify());
  });

  it('takes a proof by either of two secrets while one is rotated, and by no third', () => {
    const next = keysOf();
    const both = [keys.endpoint, next.endpoint];
    expect(verify({}, { secrets: both }).kind).toBe('valid');
    expect(verify({}, { secrets: both, signer: next.sender }).kind).toBe('valid');
    expect(verify({}, { secrets: both, signer: keysOf().sender }).kind).toBe('invalid');
    expect(verify({}, { secrets: [next.endpoint] }).kind).toBe('invalid');
  });

  it('misses a proof that is absent or empty, whatever else is there', () => {
    expect(verify({ [proofHeader]: undefined }).kind).toBe('missing');
    expect(verify({ [proofHeader]: '' }).kind).toBe('missing');
    const nothing = { headers: {}, body: BODY };
    const known = { secrets: [keys.endpoint], config, url: URL_SENT_TO, now: new Date() };
    expect(sut.verify(nothing, known).kind).toBe('missing');
  });

  it('names the header of its proof, so that it is not kept', () => {
    expect(sut.proofHeaders(config)).toContain(proofHeader);
  });

  it('refuses every proof where the endpoint has no secret', () => {
    expect(verify({}, { secrets: [] }).kind).toBe('invalid');
  });

  it.each([
    ['nonsense', 'nonsense'],
    ['cut short', goodProof.slice(0, -3)],
    ['too long', `${goodProof}AAAA`],
    ['half of it', goodProof.slice(0, goodProof.length / 2)],
    ['written twice', `${goodProof},${goodProof}`],
    ['not ASCII', `${goodProof.slice(0, -1)}é`],
    ['huge', goodProof + 'A'.repeat(16_000)],
  ])('refuses a proof that is %s', (_, proof) => {
    expect(verify({ [proofHeader]: proof }).kind).toBe('invalid');
  });

  it('refuses every change of a byte of the body and of the proof', () => {
    const kinds = new Set<Verdict['kind']>();
    for (const body of isSigned ? flippedBytes(BODY) : []) kinds.add(verify({}, { body }).kind);
    for (const proof of flippedText(goodProof)) kinds.add(verify({ [proofHeader]: proof }).kind);
    expect(kinds).toEqual(new Set(time === 'in the proof' ? ['invalid', 'stale'] : ['invalid']));
  });

  it('vouches for what it signs: a change of a signed header is refused', () => {
    for (const header of [...(sender.signedHeaders ?? []), ...(timeHeader ? [timeHeader] : [])]) {
      expect(verify({ [header]: undefined }).kind).toBe('invalid');
      for (const text of flippedText(String(goodHeaders[header]))) {
        expect(verify({ [header]: text }).kind).not.toBe('valid');
      }
    }
  });

  it('vouches for the address where it signs that, and does not look at it elsewhere', () => {
    for (const url of [`${URL_SENT_TO}8`, URL_SENT_TO.replace('https:', 'http:'), URL_SENT_TO.split('?')[0] ?? '']) {
      expect(verify({}, { url }).kind).toBe(sender.signsUrl ? 'invalid' : 'valid');
    }
  });

  it.each([301, -301])('heeds the clock %i s away where the proof holds a time', (secondsLater) => {
    expect(verify({}, { secondsLater }).kind).toBe(time ? 'stale' : 'valid');
    expect(verify({}, { secondsLater: Math.sign(secondsLater) * 300 }).kind).toBe('valid');
  });

  it.each(['hello', '1784000000.0', ' 1784000000', '-1', '1e9'])('takes %j for no time', (text) => {
    if (timeHeader) expect(verify({ [timeHeader]: text }).kind).toBe('invalid');
    else expect(verify({ date: text, 'webhook-timestamp': text }).kind).toBe('valid');
  });

  it('makes secrets that pass its own check, another each time', () => {
    expect(sut.checkSecret(sut.newSecret())).toBeNull();
    expect(sut.newSecret()).not.toBe(sut.newSecret());
    expect(sut.checkSecret(keys.endpoint)).toBeNull();
    expect(sut.checkSecret('')).toEqual(expect.any(String));
  });

  it('finds no fault with its configuration', () => {
    expect(sut.configErrors(config)).toEqual([]);
    expect(sut.configErrors(undefined)).toEqual([]);
  });
});

describe('published signatures through their sources', () => {
  it.each(signatureVectors())('$source, $from is valid: $valid', ({ source, headers, body, ...vector }) => {
    const request = { headers, body: Buffer.from(body) };
    const secrets = [vector.secret ?? vector.publicKey ?? ''];
    const at = (seconds: number) =>
      sourceOf(source).verify(request, { secrets, config: {}, url: '', now: new Date(seconds * 1000) }).kind;
    const now = vector.now ?? NOW_SECONDS;
    expect(at(now) === 'valid').toBe(vector.valid);
    expect(at(now + 301) === 'valid').toBe(vector.valid && vector.now === undefined);
    expect(at(now - 301) === 'valid').toBe(vector.valid && vector.now === undefined);
  });
});

interface Options {
  readonly body?: Buffer;
  readonly secrets?: readonly string[];
  readonly signer?: string;
  readonly secondsLater?: number;
  readonly url?: string;
}

function sourceOf(service: string) {
  const source = findSource(service);
  if (!source) throw new Error(`no source named ${service}`);
  return source;
}
