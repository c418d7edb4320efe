import { createHmac, createPublicKey, sign, timingSafeEqual, verify, type KeyObject } from 'node:crypto';
import { decodeCanonical } from './encoding';
import { DEFAULT_TOLERANCE_SECONDS, refuseTimestamp } from './freshness';
import { parseStandardKey } from './standard-key';
import { SignatureKeyError, type Verdict } from './verdict';

const HMAC_BYTES = 32;
const ED25519_SIGNATURE_BYTES = 64;

/** One check of Ed25519 costs about thirty times an HMAC; a header full of them must not buy CPU time. */
const MAX_ED25519_CHECKS = 8;

/** Printable ASCII without the full stop, which ends the id in the signed bytes: with it, one signature would fit two
 * messages. */
const MESSAGE_ID = /^[!-\-/-~]+$/;

/** A message as it was received: the three headers of Standard Webhooks, undefined where absent, and the raw body. */
export interface SignedMessage {
  readonly id: string | undefined;
  readonly timestamp: string | undefined;
  readonly signature: string | undefined;
  readonly body: Uint8Array;
}

/** A message about to be sent. */
export interface OutgoingMessage {
  /** printable ASCII without full stops; the same over all attempts */
  readonly id: string;
  /** unix time of this attempt, in whole seconds */
  readonly timestampSeconds: number;
  readonly body: Uint8Array;
  /** `whsec_…` signs v1, `whsk_…` signs v1a */
  readonly secret: string;
}

/**
 * Signs a message after Standard Webhooks 1.0.0: `v1` is HMAC-SHA256, `v1a` is Ed25519, both over the bytes of
 * `{id}.{timestamp}.{body}`.
 *
 * @returns the value of `webhook-signature`, such as `v1,…`
 * @throws SignatureKeyError when the secret is malformed or can only check
 * @throws RangeError when the id or the time cannot be signed unambiguously
 */
export function signStandard({ id, timestampSeconds, body, secret }: OutgoingMessage): string {
  if (!MESSAGE_ID.test(id)) throw new RangeError('A message id is printable ASCII without spaces and full stops.');
  if (!Number.isSafeInteger(timestampSeconds) || timestampSeconds < 0) {
    throw new RangeError('A timestamp is unix time in whole seconds.');
  }
  const head = headOf(id, String(timestampSeconds));
  const key = parseStandardKey(secret);
  switch (key.kind) {
    case 'symmetric':
      return `v1,${hmacOf(key.key, head, body).toString('base64')}`;
    case 'private':
      return `v1a,${sign(null, Buffer.concat([head, body]), key.key).toString('base64')}`;
    case 'public':
      throw new SignatureKeyError('A whpk_ key is public: it checks signatures and makes none.');
    case 'malformed':
      throw new SignatureKeyError(key.detail);
  }
}

/**
 * Signs a message with each of several secrets, as the one who sends while a secret is rotated: a receiver that knows
 * any of them finds its signature.
 *
 * @returns the value of `webhook-signature`, the signatures in the order of the secrets with spaces between them
 * @throws as {@link signStandard}
 */
export function signStandardWithEach(message: Omit<OutgoingMessage, 'secret'>, secrets: readonly string[]): string {
  return secrets.map((secret) => signStandard({ ...message, secret })).join(' ');
}

/**
 * Checks a message after Standard Webhooks 1.0.0. The header may list several signatures, separated by spaces; one
 * that matches one of the keys is enough. Versions other than `v1` and `v1a` are passed over, and each key is only
 * tried on signatures of its own version.
 *
 * @param keys `whsec_…`, `whpk_…` or `whsk_…`; more than one while a key is being rotated
 * @param now the receiver's clock
 * @param toleranceSeconds how far the signed time may be from `now`, either way
 * @returns `valid` with the signature that matched (version included), else why not
 * @throws SignatureKeyError when one of `keys` is malformed and no earlier one matched
 */
export function verifyStandard(
  { id, timestamp, signature, body }: SignedMessage,
  keys: readonly string[],
  now: Date,
  toleranceSeconds: number = DEFAULT_TOLERANCE_SECONDS,
): Verdict {
  if (!signature) return { kind: 'missing', detail: 'The request has no webhook-signature header.' };
  if (!id || !timestamp) {
    return { kind: 'invalid', detail: 'A webhook-signature needs the headers webhook-id and webhook-timestamp.' };
  }
  if (!MESSAGE_ID.test(id)) {
    return { kind: 'invalid', detail: 'The webhook-id must be printable ASCII without spaces and full stops.' };
  }
  const refusal = refuseTimestamp(timestamp, now, toleranceSeconds);
  if (refusal) return refusal;

  const head = headOf(id, timestamp);
  const candidates = signature.split(' ');
  for (const key of keys) {
    const proof = matchingProof(key, candidates, head, body);
    if (proof !== null) return { kind: 'valid', proof };
  }
  return { kind: 'invalid', detail: 'No signature in webhook-signature matches the id, the timestamp and the body.' };
}

function matchingProof(keyText: string, candidates: string[], head: Buffer, body: Uint8Array): string | null {
  const key = parseStandardKey(keyText);
  switch (key.kind) {
    case 'symmetric':
      return matchHmac(key.key, candidates, head, body);
    case 'public':
      return matchEd25519(key.key, candidates, head, body);
    case 'private':
      return matchEd25519(createPublicKey(key.key), candidates, head, body);
    case 'malformed':
      throw new SignatureKeyError(key.detail);
  }
}

function matchHmac(key: KeyObject, candidates: string[], head: Buffer, body: Uint8Array): string | null {
  const claims = claimsOf('v1,', candidates, HMAC_BYTES);
  if (claims.length === 0) return null;
  const expected = hmacOf(key, head, body);
  return claims.find(({ digest }) => timingSafeEqual(digest, expected))?.text ?? null;
}

function matchEd25519(key: KeyObject, candidates: string[], head: Buffer, body: Uint8Array): string | null {
  const claims = claimsOf('v1a,', candidates, ED25519_SIGNATURE_BYTES).slice(0, MAX_ED25519_CHECKS);
  if (claims.length === 0) return null;
  const content = Buffer.concat([head, body]);
  return claims.find(({ digest }) => verify(null, content, key, digest))?.text ?? null;
}

/** The well-formed signatures of one version; a malformed one is no claim, and does not spoil its neighbours. */
function claimsOf(version: string, candidates: string[], byteLength: number): { text: string; digest: Buffer }[] {
  const claims: { text: string; digest: Buffer }[] = [];
  for (const text of candidates) {
    if (!text.startsWith(version)) continue;
    const digest = decodeCanonical(text.slice(version.length), 'base64', byteLength);
    if (digest) claims.push({ text, digest });
  }
  return claims;
}

/** The signed bytes before the body. Id and timestamp are known to be ASCII here. */
function headOf(id: string, timestamp: string): Buffer {
  return Buffer.from(`${id}.${timestamp}.`, 'latin1');
}

function hmacOf(key: KeyObject, head: Buffer, body: Uint8Array): Buffer {
  return createHmac('sha256', key).update(head).update(body).digest();
}
