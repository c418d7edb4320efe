import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

const MIN_LENGTH = 8;
const MAX_LENGTH = 255;

/** A fresh secret for schemes that take any text as key: 32 random bytes as 43 URL-safe characters. */
export function generateSecret(): string {
  return randomBytes(32).toString('base64url');
}

/**
 * Says what is wrong with a secret that somebody brings for a text-keyed HMAC, or null when it will do. White space at
 * its ends and control characters are refused because they come from pasting and lead to proofs that never match.
 */
export function sharedSecretFault(secret: string): string | null {
  if (secret.length < MIN_LENGTH || secret.length > MAX_LENGTH) {
    return `The secret must have ${MIN_LENGTH} to ${MAX_LENGTH} characters.`;
  }
  if (secret !== secret.trim()) return 'The secret must not begin or end with white space.';
  if (/\p{Cc}/u.test(secret)) return 'The secret must not hold control characters.';
  if (!secret.isWellFormed()) return 'The secret must be well-formed Unicode.';
  return null;
}

/**
 * Says whether a sender that shows its secret instead of signing with it showed this one. Digests are compared, in
 * constant time, so that neither the secret nor its length can be felt out. An empty secret proves nothing.
 *
 * @param shown the header as node hands it over, where one character is one byte of what was sent
 * @param secret sent as its UTF-8 bytes
 */
export function verifySharedSecret(shown: string, secret: string): boolean {
  if (secret.length === 0) return false;
  return timingSafeEqual(digestOf(shown), digestOf(Buffer.from(secret).toString('latin1')));
}

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
