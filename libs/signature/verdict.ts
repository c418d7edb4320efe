/**
 * What came of checking a proof. `valid.proof` is the one text of the signature that matched: signatures are only
 * taken in their canonical spelling, so the same signature always gives the same `proof`, and a second sight of it
 * is a replay or a repetition. `detail` is written for the sender and never holds a secret or an expected signature.
 */
export type Verdict = { readonly kind: 'valid'; readonly proof: string } | Refusal;

/**
 * - `missing`: the request carries no proof at all;
 * - `invalid`: there is a proof, and it is malformed, incomplete or wrong;
 * - `stale`: the time in the proof is too far from now, in the past or in the future.
 */
export type Refusal =
  | { readonly kind: 'missing'; readonly detail: string }
  | { readonly kind: 'invalid'; readonly detail: string }
  | { readonly kind: 'stale'; readonly detail: string };

/**
 * A key on our own side cannot be used. It is a fault of configuration and never of the sender, so it is thrown
 * instead of becoming a verdict. The message says what is wrong with the key without repeating any of it.
 */
export class SignatureKeyError extends Error {
  override readonly name = 'SignatureKeyError';
}
