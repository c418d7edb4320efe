import type { SecretCipher } from '../database/secret.cipher';

/** What Mira signs with. While a secret is rotated there are two, and both sign. */
export interface SigningSecrets {
  readonly signingSecret: string;
  /** The one before, as long as it is to sign too. */
  readonly previousSigningSecret?: string;
}

/** The current one first. */
export function secretsThatSign({ signingSecret, previousSigningSecret }: SigningSecrets): string[] {
  return previousSigningSecret === undefined ? [signingSecret] : [signingSecret, previousSigningSecret];
}

/** All that is needed to call one n8n. Holds secrets in the clear: keep it no longer than the call. */
export interface N8nConnection extends SigningSecrets {
  readonly integrationId: string;
  /** without a slash at its end */
  readonly baseUrl: string;
  readonly apiKey: string | null;
}

/** The columns of an integration's row that say what to sign with, wherever they were joined. */
export interface SealedSigning {
  readonly tenant_id: string;
  readonly id: string;
  readonly signing_secret: Buffer;
  readonly previous_signing_secret: Buffer | null;
  readonly previous_signing_secret_expires_at: Date | null;
}

/** Those that a connection is made of. */
export interface SealedConnection extends SealedSigning {
  readonly base_url: string;
  readonly api_key: Buffer | null;
}

/** Opens what {@link sealApiKey} and {@link sealSigningSecret} sealed; throws SecretUnreadableError where it cannot. */
export function openConnection(cipher: SecretCipher, row: SealedConnection, now: Date = new Date()): N8nConnection {
  const { tenant_id: tenantId, id } = row;
  return {
    integrationId: id,
    baseUrl: row.base_url,
    apiKey: row.api_key && cipher.open(row.api_key, placeOf({ tenantId, id }, 'api_key')),
    ...openSigningSecrets(cipher, row, now),
  };
}

/** Those that sign at this moment. */
export function openSigningSecrets(cipher: SecretCipher, row: SealedSigning, now: Date): SigningSecrets {
  const key = { tenantId: row.tenant_id, id: row.id };
  const signingSecret = cipher.open(row.signing_secret, placeOf(key, 'signing_secret'));
  const { previous_signing_secret: previous, previous_signing_secret_expires_at: expiresAt } = row;
  if (!previous || !expiresAt || now >= expiresAt) return { signingSecret };
  return { signingSecret, previousSigningSecret: cipher.open(previous, placeOf(key, 'previous_signing_secret')) };
}

export function sealApiKey(cipher: SecretCipher, row: RowKey, apiKey: string | null): Buffer | null {
  return apiKey === null ? null : cipher.seal(apiKey, placeOf(row, 'api_key'));
}

export function sealSigningSecret(cipher: SecretCipher, row: RowKey, secret: string): Buffer {
  return cipher.seal(secret, placeOf(row, 'signing_secret'));
}

/** A signing secret that another one takes the place of: sealed anew, for it opens in its own column only. */
export function resealAsPrevious(cipher: SecretCipher, row: RowKey, signingSecret: Buffer): Buffer {
  return cipher.seal(
    cipher.open(signingSecret, placeOf(row, 'signing_secret')),
    placeOf(row, 'previous_signing_secret'),
  );
}

/** Whose secrets they are; both ids are bound into the ciphertext. */
export interface RowKey {
  readonly tenantId: string;
  readonly id: string;
}

export function placeOf(
  { tenantId, id }: RowKey,
  column: 'api_key' | 'headers' | 'signing_secret' | 'previous_signing_secret',
) {
  return { tenantId, table: 'integrations', rowId: id, column };
}
