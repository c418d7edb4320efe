/**
 * Databases to throw away, on a PostgreSQL server that others may be using too; for CI, where no psql may be.
 *
 *   node scripts/scratch-database.mjs probe  <url>          exit 0 if a server answers there and lets us in
 *   node scripts/scratch-database.mjs create <url> <name>
 *   node scripts/scratch-database.mjs drop   <url> <name>   ends the sessions that are left in it
 */
import pg from 'pg';

const [action, url, name] = process.argv.slice(2);
const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
// a server that goes away while we talk to it rejects the query, too; the event alone must not end the process
client.on('error', () => undefined);

try {
  await client.connect();
  if (action === 'create') await client.query(`CREATE DATABASE ${client.escapeIdentifier(name)}`);
  if (action === 'drop') await client.query(`DROP DATABASE IF EXISTS ${client.escapeIdentifier(name)} WITH (FORCE)`);
} catch (error) {
  if (action !== 'probe') console.error(error.message);
  process.exitCode = 1;
} finally {
  await client.end().catch(() => undefined);
}
