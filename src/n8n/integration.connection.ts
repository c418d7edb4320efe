import type { SecretCipher } from '../database/secret.cipher';

/** All that is needed to call one n8n. Holds secrets in the clear: keep it no longer than the call. */
export interface N8nConnection {
  readonly integrationId: string;
  /** without a slash at its end */
  readonly baseUrl: string;
  readonly apiKey: string | null;
  readonly signingSecret: string;
}

/** The columns of an integration's row that a connection is made of, wherever they were joined. */
export interface SealedConnection {
  readonly tenant_id: string;
  readonly id: string;
  readonly base_url: string;
  readonly api_key: Buffer | null;
  readonly signing_secret: Buffer;
}

/** Opens what {@link sealApiKey} and {@link sealSigningSecret} sealed; throws SecretUnreadableError where it cannot. */
export function openConnection(cipher: SecretCipher, row: SealedConnection): N8nConnection {
  const { tenant_id: tenantId, id } = row;
  return {
    integrationId: id,
    baseUrl: row.base_url,
    apiKey: row.api_key && cipher.open(row.api_key, placeOf({ tenantId, id }, 'api_key')),
    signingSecret: cipher.open(row.signing_secret, placeOf({ tenantId, id }, 'signing_secret')),
  };
}

export function sealApiKey(cipher: SecretCipher, row: RowKey, apiKey: string | null): Buffer | null {
  return apiKey === null ? null : cipher.seal(apiKey, placeOf(row, 'api_key'));
}

export function sealSigningSecret(cipher: SecretCipher, row: RowKey, secret: string): Buffer {
  return cipher.seal(secret, placeOf(row, 'signing_secret'));
}

interface RowKey {
  readonly tenantId: string;
  readonly id: string;
}

function placeOf({ tenantId, id }: RowKey, column: 'api_key' | 'signing_secret') {
  return { tenantId, table: 'integrations', rowId: id, column };
}
