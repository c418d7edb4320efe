import type { DataSource } from 'typeorm';
import { MasterKeyError } from './master-key';
import { SecretCipher, type SecretPlace, SecretUnreadableError } from './secret.cipher';

/** A column of each table that holds secrets. */
const COLUMNS = [
  { table: 'webhook_endpoints', column: 'secret' },
  { table: 'integrations', column: 'signing_secret' },
] as const;

/** A sealed secret, with the place that it opens in. */
export interface SealedSecret {
  readonly sealed: Buffer;
  readonly place: SecretPlace;
}

/** A few of the secrets that there are, to hold the master key to. Empty where nothing was ever sealed. */
export async function sealedSamples(dataSource: DataSource): Promise<SealedSecret[]> {
  const samples: SealedSecret[] = [];
  for (const { table, column } of COLUMNS) {
    const [row]: { tenant_id: string; id: string; sealed: Buffer }[] = await dataSource.query(
      `SELECT tenant_id, id, ${column} AS sealed FROM ${table} ORDER BY tenant_id, id LIMIT 1`,
    );
    if (row) samples.push({ sealed: row.sealed, place: { tenantId: row.tenant_id, table, rowId: row.id, column } });
  }
  return samples;
}

/** @throws MasterKeyError where the key does not open what is sealed */
export function holdToSamples(masterKey: Buffer, samples: readonly SealedSecret[]): void {
  const cipher = new SecretCipher(masterKey);
  try {
    for (const { sealed, place } of samples) cipher.open(sealed, place);
  } catch (error) {
    if (error instanceof SecretUnreadableError) throw new MasterKeyError('The master key is not the right one');
    throw error;
  }
}
