import { generateStandardKeyPair, signHmac, signStandard, type Verdict } from '@mira/signature';
import type { IncomingHttpHeaders } from 'node:http';
import { flippedBytes, flippedText, signatureVectors } from '../../../test/vectors/signature-vectors';
import type { ReceivedRequest } from './received-request';
import type { SourceConfig } from './source-config';
import { findSource, serviceNames } from './source.registry';

const NOW_SECONDS = 1_784_000_000;
const BODY = Buffer.concat([Buffer.from('{"type":"order.paid","total":12}'), Buffer.from([0xff, 0x00])]);

/** How a real sender of each source proves itself. A source that is registered without a case here fails the suite. */
interface SenderCase {
  readonly title: string;
  readonly service: string;
  readonly config?: SourceConfig;
  /** the header that holds the proof, and the one that holds the time where the scheme has one */
  readonly proofHeader: string;
  readonly timeHeader?: string;
  readonly signedHeaders?: readonly string[];
  /** a fresh secret: what the sender signs with and what the endpoint holds; the same where it is shared */
  readonly newKeys?: () => { sender: string; endpoint: string };
  readonly sign: (secret: string, seconds: number) => IncomingHttpHeaders;
}

function hubHeaders(secret: string): IncomingHttpHeaders {
  const proof = signHmac([BODY], secret, { algorithm: 'sha256', encoding: 'hex', prefix: 'sha256=' });
  return { 'x-hub-signature-256': proof };
}

function standardHeaders(secret: string, timestampSeconds: number): IncomingHttpHeaders {
  const signature = signStandard({ id: 'msg_1', timestampSeconds, body: BODY, secret });
  return { 'webhook-id': 'msg_1', 'webhook-timestamp': String(timestampSeconds), 'webhook-signature': signature };
}

const senders: readonly SenderCase[] = [
  { title: 'github', service: 'github', proofHeader: 'x-hub-signature-256', sign: hubHeaders },
  { title: 'n8n', service: 'n8n', proofHeader: 'x-hub-signature-256', sign: hubHeaders },
  {
    title: 'standard, v1',
    service: 'standard',
    proofHeader: 'webhook-signature',
    timeHeader: 'webhook-timestamp',
    signedHeaders: ['webhook-id'],
    sign: standardHeaders,
  },
  {
    title: 'standard, v1a',
    service: 'standard',
    proofHeader: 'webhook-signature',
    timeHeader: 'webhook-timestamp',
    signedHeaders: ['webhook-id'],
    newKeys: () => {
      const { privateKey, publicKey } = generateStandardKeyPair();
      return { sender: privateKey, endpoint: publicKey };
    },
    sign: standardHeaders,
  },
  {
    title: 'generic, as it comes',
    service: 'generic',
    proofHeader: 'x-webhook-signature',
    sign: (secret) => ({ 'x-webhook-signature': signHmac([BODY], secret, { algorithm: 'sha256', encoding: 'hex' }) }),
  },
  {
    title: 'generic, all settings',
    service: 'generic',
    config: { header: 'X-Acme-Proof', encoding: 'base64', prefix: 'v0 ', timestamp_header: 'X-Acme-Time' },
    proofHeader: 'x-acme-proof',
    timeHeader: 'x-acme-time',
    sign: (secret, seconds) => ({
      'x-acme-time': String(seconds),
      'x-acme-proof': signHmac([Buffer.from(`${seconds}.`), BODY], secret, {
        algorithm: 'sha256',
        encoding: 'base64',
        prefix: 'v0 ',
      }),
    }),
  },
];

it('has a sender here for every source that is registered', () => {
  expect(new Set(senders.map(({ service }) => service))).toEqual(new Set(serviceNames));
});

it.each(['', 'GitHub', 'github ', 'constructor', '__proto__', 'toString', 'mira', 'gitlab/..'])(
  'knows no source by the name %j',
  (service) => {
    expect(findSource(service)).toBeUndefined();
  },
);

describe.each(senders)('$title', ({ service, config = {}, proofHeader, timeHeader, signedHeaders, newKeys, sign }) => {
  const sut = sourceOf(service);
  const keysOf = newKeys ?? shared;
  const { sender, endpoint } = keysOf();

  function shared() {
    const secret = sut.newSecret();
    return { sender: secret, endpoint: secret };
  }

  function verify(overrides: IncomingHttpHeaders = {}, options: Options = {}): Verdict {
    const { body = BODY, secrets = [endpoint], signer = sender, secondsLater = 0 } = options;
    const request: ReceivedRequest = { headers: { ...sign(signer, NOW_SECONDS), ...overrides }, body };
    return sut.verify(request, { secrets, config, now: new Date((NOW_SECONDS + secondsLater) * 1000) });
  }

  const goodHeaders = sign(sender, NOW_SECONDS);
  const goodProof = String(goodHeaders[proofHeader]);

  it('takes a good proof and names it, the same each time', () => {
    expect(verify()).toEqual({ kind: 'valid', proof: goodProof });
    expect(verify()).toEqual(verify());
  });

  it('takes a proof by either of two secrets while one is rotated, and by no third', () => {
    const next = keysOf();
    const both = [endpoint, next.endpoint];
    expect(verify({}, { secrets: both }).kind).toBe('valid');
    expect(verify({}, { secrets: both, signer: next.sender }).kind).toBe('valid');
    expect(verify({}, { secrets: both, signer: keysOf().sender }).kind).toBe('invalid');
    expect(verify({}, { secrets: [next.endpoint] }).kind).toBe('invalid');
  });

  it('misses a proof that is absent or empty, whatever else is there', () => {
    expect(verify({ [proofHeader]: undefined }).kind).toBe('missing');
    expect(verify({ [proofHeader]: '' }).kind).toBe('missing');
    expect(sut.verify({ headers: {}, body: BODY }, { secrets: [endpoint], config, now: new Date() }).kind).toBe(
      'missing',
    );
  });

  it('names the header of its proof, so that it is not kept', () => {
    expect(sut.proofHeader(config)).toBe(proofHeader);
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
    for (const body of flippedBytes(BODY)) kinds.add(verify({}, { body }).kind);
    for (const proof of flippedText(goodProof)) kinds.add(verify({ [proofHeader]: proof }).kind);
    expect(kinds).toEqual(new Set(['invalid']));
  });

  it('vouches for what it signs: a change of a signed header is refused', () => {
    for (const header of [...(signedHeaders ?? []), ...(timeHeader ? [timeHeader] : [])]) {
      expect(verify({ [header]: undefined }).kind).toBe('invalid');
      for (const text of flippedText(String(goodHeaders[header]))) {
        expect(verify({ [header]: text }).kind).not.toBe('valid');
      }
    }
  });

  it.each([301, -301])('heeds the clock %i s away where the proof holds a time', (secondsLater) => {
    expect(verify({}, { secondsLater }).kind).toBe(timeHeader ? 'stale' : 'valid');
    expect(verify({}, { secondsLater: Math.sign(secondsLater) * 300 }).kind).toBe('valid');
  });

  it.each(['hello', '1784000000.0', ' 1784000000', '-1', '1e9'])('takes %j for no time', (text) => {
    if (timeHeader) expect(verify({ [timeHeader]: text }).kind).toBe('invalid');
    else expect(verify({ date: text, 'webhook-timestamp': text }).kind).toBe('valid');
  });

  it('makes secrets that pass its own check, another each time', () => {
    expect(sut.checkSecret(sut.newSecret())).toBeNull();
    expect(sut.newSecret()).not.toBe(sut.newSecret());
    expect(sut.checkSecret(endpoint)).toBeNull();
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
      sourceOf(source).verify(request, { secrets, config: {}, now: new Date(seconds * 1000) }).kind;
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
}

function sourceOf(service: string) {
  const source = findSource(service);
  if (!source) throw new Error(`no source named ${service}`);
  return source;
}
