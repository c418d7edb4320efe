import { createHmac, createSecretKey, timingSafeEqual } from 'node:crypto';
import { decodeCanonical, type ProofEncoding } from './encoding';
import { SignatureKeyError } from './verdict';

export type { ProofEncoding };

const DIGEST_BYTES = { sha1: 20, sha256: 32, sha512: 64 } as const;

export type HmacAlgorithm = keyof typeof DIGEST_BYTES;

/** How one sender writes an HMAC: the hash, the text form of the digest, and what stands before it. */
export interface HmacScheme {
  readonly algorithm: HmacAlgorithm;
  readonly encoding: ProofEncoding;
  /** for example `sha256=`; part of the proof, not of the digest */
  readonly prefix?: string;
}

/**
 * Signs bytes with an HMAC (RFC 2104).
 *
 * @param content the signed bytes in parts, hashed one after another as if joined, without copying them
 * @param secret the key; a string is taken as its UTF-8 bytes
 * @returns prefix and encoded digest
 * @throws SignatureKeyError when the secret is empty
 */
export function signHmac(
  content: readonly Uint8Array[],
  secret: string | Uint8Array,
  { algorithm, encoding, prefix = '' }: HmacScheme,
): string {
  if (secret.length === 0) throw new SignatureKeyError('An empty secret signs nothing.');
  return prefix + digestOf(content, secret, algorithm).toString(encoding);
}

/**
 * Says whether `proof` is the HMAC of `content` under `secret`. See {@link matchHmac}.
 *
 * @param proof what the sender wrote: prefix, then lower-case hex or padded base64
 */
export function verifyHmac(
  proof: string,
  content: readonly Uint8Array[],
  secret: string | Uint8Array,
  scheme: HmacScheme,
): boolean {
  return matchHmac([proof], content, secret, scheme) !== null;
}

/**
 * Finds the one of several proofs that is the HMAC of `content` under `secret`, or null. The content is hashed once at
 * most, however many proofs a header lists: a long list must not buy CPU time. Digests of one fixed length are compared in constant
 * time; anything but the canonical text of such a digest is false before a key is touched. Never throws on what the
 * sender wrote, and an empty secret proves nothing.
 *
 * @param proofs what the sender wrote: each a prefix, then lower-case hex or padded base64
 * @param content the signed bytes in parts, as for `signHmac`
 */
export function matchHmac(
  proofs: readonly string[],
  content: readonly Uint8Array[],
  secret: string | Uint8Array,
  { algorithm, encoding, prefix = '' }: HmacScheme,
): string | null {
  if (secret.length === 0) return null;
  let expected: Buffer | null = null;
  for (const proof of proofs) {
    if (!proof.startsWith(prefix)) continue;
    const claimed = decodeCanonical(proof.slice(prefix.length), encoding, DIGEST_BYTES[algorithm]);
    if (claimed === null) continue;
    expected ??= digestOf(content, secret, algorithm);
    if (timingSafeEqual(claimed, expected)) return proof;
  }
  return null;
}

function digestOf(content: readonly Uint8Array[], secret: string | Uint8Array, algorithm: HmacAlgorithm): Buffer {
  // node takes bytes as a key several times slower than text or a key object
  const hmac = createHmac(algorithm, typeof secret === 'string' ? secret : createSecretKey(secret));
  for (const part of content) hmac.update(part);
  return hmac.digest();
}
