import { randomBytes } from 'node:crypto';
import { Client } from 'pg';

/** A name that no other run has. */
export function scratchName(): string {
  return `mira_test_${randomBytes(6).toString('hex')}`;
}

/** The URL of another database on the same server. */
export function withDatabaseName(url: string, name: string): string {
  const other = new URL(url);
  other.pathname = `/${name}`;
  return other.href;
}

export async function onServer(url: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
