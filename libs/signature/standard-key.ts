import {
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  generateKeyPairSync,
  randomBytes,
  type KeyObject,
} from 'node:crypto';
import { decodeBase64 } from './encoding';

const SYMMETRIC_MIN_BYTES = 24;
const SYMMETRIC_MAX_BYTES = 64;
const ED25519_BYTES = 32;

/** A key of Standard Webhooks, told apart by its prefix, or what is wrong with the text that should be one. */
export type StandardKey =
  | { readonly kind: 'symmetric'; readonly key: KeyObject }
  | { readonly kind: 'private'; readonly key: KeyObject }
  | { readonly kind: 'public'; readonly key: KeyObject }
  | { readonly kind: 'malformed'; readonly detail: string };

/** A fresh v1 secret: `whsec_` and the base64 of 32 random bytes. */
export function generateStandardSecret(): string {
  return `whsec_${randomBytes(32).toString('base64')}`;
}

/** A fresh v1a pair: the sender signs with `whsk_…`, the receiver checks with `whpk_…`. */
export function generateStandardKeyPair(): { privateKey: string; publicKey: string } {
  const jwk = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
  const seed = Buffer.from(jwk.d ?? '', 'base64url');
  const publicBytes = Buffer.from(jwk.x ?? '', 'base64url');
  return {
    privateKey: `whsk_${Buffer.concat([seed, publicBytes]).toString('base64')}`,
    publicKey: `whpk_${publicBytes.toString('base64')}`,
  };
}

/**
 * Reads a key as it is handed to people (Standard Webhooks 1.0.0, "Signature scheme").
 *
 * - `whsec_`: base64 of 24 to 64 bytes, the HMAC key of v1;
 * - `whpk_`: base64 of the 32 bytes of an Ed25519 public key, checks v1a;
 * - `whsk_`: base64 of 64 bytes, the Ed25519 seed and its public key, signs and checks v1a.
 *
 * Never throws; the `detail` of a malformed key repeats nothing of it.
 */
export function parseStandardKey(text: string): StandardKey {
  const underscore = text.indexOf('_');
  const prefix = text.slice(0, underscore + 1);
  const bytes = decodeBase64(text.slice(underscore + 1));
  switch (prefix) {
    case 'whsec_':
      return bytes ? symmetricKey(bytes) : notBase64(prefix);
    case 'whpk_':
      return bytes ? publicKey(bytes) : notBase64(prefix);
    case 'whsk_':
      return bytes ? privateKey(bytes) : notBase64(prefix);
    default:
      return malformed('A key of Standard Webhooks begins with whsec_ (secret), whpk_ (public) or whsk_ (private).');
  }
}

function symmetricKey(secret: Buffer): StandardKey {
  if (secret.length < SYMMETRIC_MIN_BYTES || secret.length > SYMMETRIC_MAX_BYTES) {
    const range = `${SYMMETRIC_MIN_BYTES} to ${SYMMETRIC_MAX_BYTES}`;
    return malformed(`A whsec_ secret must hold ${range} bytes; this one holds ${secret.length}.`);
  }
  return { kind: 'symmetric', key: createSecretKey(secret) };
}

function publicKey(bytes: Buffer): StandardKey {
  if (bytes.length !== ED25519_BYTES) {
    return malformed(`A whpk_ key must hold ${ED25519_BYTES} bytes; this one holds ${bytes.length}.`);
  }
  const jwk = { kty: 'OKP', crv: 'Ed25519', x: bytes.toString('base64url') };
  return { kind: 'public', key: createPublicKey({ key: jwk, format: 'jwk' }) };
}

function privateKey(bytes: Buffer): StandardKey {
  if (bytes.length !== 2 * ED25519_BYTES) {
    return malformed(`A whsk_ key must hold ${2 * ED25519_BYTES} bytes; this one holds ${bytes.length}.`);
  }
  const x = bytes.subarray(ED25519_BYTES).toString('base64url');
  const jwk = { kty: 'OKP', crv: 'Ed25519', d: bytes.subarray(0, ED25519_BYTES).toString('base64url'), x };
  const key = createPrivateKey({ key: jwk, format: 'jwk' });
  if (createPublicKey(key).export({ format: 'jwk' }).x !== x) {
    return malformed('The two halves of this whsk_ key do not belong together.');
  }
  return { kind: 'private', key };
}

function notBase64(prefix: string): StandardKey {
  return malformed(`What follows ${prefix} must be padded base64 in the standard alphabet.`);
}

function malformed(detail: string): StandardKey {
  return { kind: 'malformed', detail };
}
