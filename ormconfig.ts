import { DataSource } from 'typeorm';
import { loadProcessConfig } from './src/config/process-config';
import { dataSourceOptions, serverTarget } from './src/database/connection';

/**
 * The DataSource for the TypeORM command line (`npm run migration:show` and its like), on the configured server.
 * The embedded database belongs to the one process that has it open: Mira migrates that by itself at its start.
 */
const config = loadProcessConfig();
if (!config.database.url) {
  throw new Error(
    'Set DATABASE_URL: migrations by hand are for a PostgreSQL server; the embedded one migrates at start.',
  );
}

export default new DataSource(dataSourceOptions(serverTarget(config.database.url, config.database)));
