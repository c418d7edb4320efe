/** The two ways in which signatures travel as text. */
export type ProofEncoding = 'hex' | 'base64';

/**
 * Decodes text that must be the canonical encoding of exactly `byteLength` bytes: lower-case hex, or padded standard
 * base64. Node's own decoder is lenient (white space, missing padding, stray low bits), which would let one signature
 * be written in many ways and so slip past replay detection.
 *
 * @returns the bytes, or null for any other text
 */
export function decodeCanonical(text: string, encoding: ProofEncoding, byteLength: number): Buffer | null {
  const encodedLength = encoding === 'hex' ? byteLength * 2 : Math.ceil(byteLength / 3) * 4;
  if (text.length !== encodedLength) return null;
  const bytes = Buffer.from(text, encoding);
  return bytes.length === byteLength && bytes.toString(encoding) === text ? bytes : null;
}

/** Decodes canonical, padded base64 of any length; null for any other text. */
export function decodeBase64(text: string): Buffer | null {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : null;
}
