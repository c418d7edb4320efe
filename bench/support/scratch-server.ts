import { randomBytes } from 'node:crypto';
import { Client, escapeIdentifier } from 'pg';

const LOCAL_SERVER = 'postgres://postgres@127.0.0.1:5432/postgres';

/** An empty database on a server that others may be using too, to be dropped at the end. */
export interface ScratchServerDatabase {
  readonly url: string;
  drop(): Promise<void>;
}

/** The server that scratch databases may be made on: the one of MIRA_TEST_DATABASE_URL, or one that listens here. */
export async function findServer(): Promise<string | null> {
  const url = process.env['MIRA_TEST_DATABASE_URL'];
  if (url) return url;
  try {
    await onDatabase(LOCAL_SERVER, (client) => client.query('SELECT 1'));
    return LOCAL_SERVER;
  } catch {
    return null;
  }
}

export async function createScratchDatabase(server: string): Promise<ScratchServerDatabase> {
  const name = `mira_bench_${randomBytes(6).toString('hex')}`;
  await onDatabase(server, (client) => client.query(`CREATE DATABASE ${escapeIdentifier(name)}`));
  const url = new URL(server);
  url.pathname = `/${name}`;
  return {
    url: url.href,
    drop: async () => {
      await onDatabase(server, (client) =>
        client.query(`DROP DATABASE IF EXISTS ${escapeIdentifier(name)} WITH (FORCE)`),
      );
    },
  };
}

/** Runs something on a connection of its own. `target` is a URL, or what the driver takes for a unix socket. */
export async function onDatabase<T>(
  target: string | { host: string; user: string; database: string },
  work: (client: Client) => Promise<T>,
): Promise<T> {
  const connection = typeof target === 'string' ? { connectionString: target } : target;
  const client = new Client({ ...connection, connectionTimeoutMillis: 2_000 });
  // A server that goes away while we talk to it rejects the query too; the event alone must not end the process.
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
