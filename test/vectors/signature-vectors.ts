import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One published example of a signed webhook. `now` is unix seconds; it is absent where the scheme signs no time. */
export interface SignatureVector {
  readonly source: string;
  readonly from?: string;
  readonly secret?: string;
  readonly publicKey?: string;
  readonly now?: number;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly valid: boolean;
}

export function signatureVectors(): readonly SignatureVector[] {
  const file: { vectors: SignatureVector[] } = JSON.parse(readFileSync(join(__dirname, 'signatures.json'), 'utf8'));
  return file.vectors;
}

/** Every way of changing one byte that these masks can make, at every position: for tests that nothing gets through. */
export function* flippedBytes(bytes: Uint8Array): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at++) {
    for (const mask of [0x01, 0x02, 0x04, 0x10, 0x20, 0x80, 0xff]) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ mask;
      yield changed;
    }
  }
}

/** The same for text that travels in a header, where one byte is one character. */
export function* flippedText(text: string): Generator<string> {
  for (const changed of flippedBytes(Buffer.from(text, 'latin1'))) yield changed.toString('latin1');
}
