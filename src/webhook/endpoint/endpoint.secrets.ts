import type { SecretCipher, SecretPlace } from '../../database/secret.cipher';

type SecretColumn = 'secret' | 'previous_secret';

/** What an endpoint's row keeps of its secrets. */
export interface SealedSecrets {
  readonly secret: Buffer;
  readonly previousSecret: Buffer | null;
  readonly previousSecretExpiresAt: Date | null;
}

/** The secrets in the clear, and until when the previous one counts. */
export interface OpenSecrets {
  readonly current: string;
  readonly previous: { readonly secret: string; readonly expiresAt: Date } | null;
}

/** Whose secrets they are; both ids are bound into the ciphertext. */
export interface EndpointKey {
  readonly tenantId: string;
  readonly id: string;
}

export function sealFirst(cipher: SecretCipher, key: EndpointKey, secret: string): SealedSecrets {
  return {
    secret: cipher.seal(secret, placeOf(key, 'secret')),
    previousSecret: null,
    previousSecretExpiresAt: null,
  };
}

/**
 * The new secret in front, the current one behind it until `previousUntil`, or gone at once where that is null.
 * An older previous one ends here: there are two at most.
 */
export function sealRotated(
  cipher: SecretCipher,
  key: EndpointKey,
  secrets: { readonly next: string; readonly current: string; readonly previousUntil: Date | null },
): SealedSecrets {
  const { next, current, previousUntil } = secrets;
  return {
    secret: cipher.seal(next, placeOf(key, 'secret')),
    previousSecret: previousUntil && cipher.seal(current, placeOf(key, 'previous_secret')),
    previousSecretExpiresAt: previousUntil,
  };
}

/** @throws SecretUnreadableError where the row was altered or sealed under another master key */
export function openSecrets(cipher: SecretCipher, key: EndpointKey, sealed: SealedSecrets): OpenSecrets {
  const { secret, previousSecret, previousSecretExpiresAt: expiresAt } = sealed;
  return {
    current: cipher.open(secret, placeOf(key, 'secret')),
    previous:
      previousSecret && expiresAt
        ? { secret: cipher.open(previousSecret, placeOf(key, 'previous_secret')), expiresAt }
        : null,
  };
}

/** Those that a proof may be made with at this moment, the current one first. */
export function secretsInForce({ current, previous }: OpenSecrets, now: Date): string[] {
  return previous && now < previous.expiresAt ? [current, previous.secret] : [current];
}

function placeOf({ tenantId, id }: EndpointKey, column: SecretColumn): SecretPlace {
  return { tenantId, table: 'webhook_endpoints', rowId: id, column };
}
