import { ownProperty } from '@mira/json';
import type { SecretCipher } from '../../database/secret.cipher';
import {
  openSigningSecrets,
  placeOf,
  type RowKey,
  type SealedSigning,
  type SigningSecrets,
} from '../integration.connection';

/** Headers that a tenant gave for all requests to one receiver; their names in lower case. */
export type StaticHeaders = Readonly<Record<string, string>>;

/** All that is needed to call one receiver. Holds secrets in the clear: keep it no longer than the call. */
export interface HttpConnection extends SigningSecrets {
  readonly integrationId: string;
  readonly url: string;
  readonly headers: StaticHeaders;
}

/** The columns of an integration's row that such a connection is made of, wherever they were joined. */
export interface SealedHttpConnection extends SealedSigning {
  readonly base_url: string;
  readonly headers: Buffer | null;
}

/** Throws SecretUnreadableError where the row was altered or sealed under another master key. */
export function openHttpConnection(
  cipher: SecretCipher,
  row: SealedHttpConnection,
  now: Date = new Date(),
): HttpConnection {
  const key = { tenantId: row.tenant_id, id: row.id };
  return {
    integrationId: row.id,
    url: row.base_url,
    headers: row.headers ? readHeaders(cipher.open(row.headers, placeOf(key, 'headers'))) : {},
    ...openSigningSecrets(cipher, row, now),
  };
}

/** What the row keeps of the headers: all of them in one sealed text, and their names to be shown. */
export interface SealedHeaders {
  readonly headers: Buffer | null;
  readonly headerNames: string[];
}

/** No headers at all are null, and so is what stands for none of them in the row. */
export function sealHeaders(
  cipher: SecretCipher,
  row: RowKey,
  headers: Readonly<Record<string, string>> | null,
): SealedHeaders {
  const entries = Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), value] as const);
  if (entries.length === 0) return { headers: null, headerNames: [] };
  const text = JSON.stringify(Object.fromEntries(entries));
  return { headers: cipher.seal(text, placeOf(row, 'headers')), headerNames: entries.map(([name]) => name).toSorted() };
}

function readHeaders(text: string): StaticHeaders {
  const stored: unknown = JSON.parse(text);
  const names = typeof stored === 'object' && stored !== null ? Object.keys(stored) : [];
  return Object.fromEntries(names.map((name) => [name, String(ownProperty(stored, name))]));
}
