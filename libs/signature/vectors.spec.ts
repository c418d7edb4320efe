import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { refuseTimestamp, verifyHmac, verifyStandard } from './index';

interface SignatureVector {
  readonly source: string;
  readonly from?: string;
  readonly secret?: string;
  readonly publicKey?: string;
  readonly now?: number;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly valid: boolean;
}

const file = join(__dirname, '../../test/vectors/signatures.json');
const { vectors }: { vectors: SignatureVector[] } = JSON.parse(readFileSync(file, 'utf8'));
const timed = vectors.filter(({ now }) => now !== undefined);

function isValid(vector: SignatureVector, secondsLater = 0): boolean {
  const { headers, secret = '', publicKey } = vector;
  const body = Buffer.from(vector.body);
  if (vector.source === 'github') {
    const proof = headers['x-hub-signature-256'] ?? '';
    return verifyHmac(proof, [body], secret, { algorithm: 'sha256', encoding: 'hex', prefix: 'sha256=' });
  }
  const now = new Date(((vector.now ?? 0) + secondsLater) * 1000);
  if (vector.source === 'slack') {
    const time = headers['x-slack-request-timestamp'] ?? '';
    const proof = headers['x-slack-signature'] ?? '';
    const content = [Buffer.from(`v0:${time}:`), body];
    const scheme = { algorithm: 'sha256', encoding: 'hex', prefix: 'v0=' } as const;
    return refuseTimestamp(time, now) === null && verifyHmac(proof, content, secret, scheme);
  }
  const message = {
    id: headers['webhook-id'],
    timestamp: headers['webhook-timestamp'],
    signature: headers['webhook-signature'],
    body,
  };
  return verifyStandard(message, [publicKey ?? secret], now).kind === 'valid';
}

describe('published signatures', () => {
  it('are there, of each scheme, good and bad', () => {
    expect(new Set(vectors.map(({ source }) => source))).toEqual(new Set(['github', 'slack', 'standard']));
    expect(timed.filter(({ valid }) => valid).length).toBeGreaterThanOrEqual(4);
    expect(vectors.some(({ valid }) => !valid)).toBe(true);
  });

  it.each(vectors)('as now: $source, $from is valid: $valid', (vector) => {
    expect(isValid(vector)).toBe(vector.valid);
  });

  it.each(timed)('are refused 301 s later and earlier: $source, $from', (vector) => {
    expect(isValid(vector, 301)).toBe(false);
    expect(isValid(vector, -301)).toBe(false);
    expect(isValid(vector, 300)).toBe(vector.valid);
  });
});
