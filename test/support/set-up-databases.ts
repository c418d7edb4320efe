import { makeTemplates } from './database-templates';

const CITUS = process.env['MIRA_TEST_CITUS_URL']
  ? 'What runs on distributed tables is tested on the Citus of MIRA_TEST_CITUS_URL.'
  : 'MIRA_TEST_CITUS_URL is not set: what runs on distributed tables is skipped.';

/**
 * Says once, before the suites, which databases they run on, so that a green run is not taken for more than it is; and
 * makes one of each with today's schema, which the suites copy.
 */
export default async function setUpDatabases(): Promise<void> {
  const server = process.env['MIRA_TEST_DATABASE_URL'];
  const line = server
    ? 'Suites for SQL and for the whole program run on the embedded database and on a PostgreSQL server.'
    : 'MIRA_TEST_DATABASE_URL is not set: the suites that need a PostgreSQL server are left out, the embedded database is tested.';
  process.stdout.write(`${line}\n${CITUS}\n`);
  await makeTemplates();
}
