import type { DataSource } from 'typeorm';
import { loadProcessConfig } from './config/process-config';
import { type ExitCode, onDatabase, type Output, runAsProcess } from './database/command';
import { distribute, hasCitus, missingSettings } from './database/distribute';
import { migrations } from './database/migration-list';
import { DeliveryQueue } from './webhook/delivery/queue/delivery.queue';

const USAGE = `Usage: npm run -s migrate [-- --distribute]

  Brings the schema of the configured database up to date, the queue's tables included, and ends: with 0 where it is
  that of this release now, with 2 where it is not, and why. Any number of processes may do so at a time.

  With --distribute it then spreads the tables over the servers of a Citus, those that are not yet. One process alone,
  and read docs/scaling.md first: it cannot be taken back here, and the program does not run on it as it is.
`;

/** What a start does with the schema, alone: for a release that is to fail here before it touches what is running. */
export async function migrateCommand(args: readonly string[], { out, err }: Output): Promise<ExitCode> {
  const [option, ...more] = args;
  if (more.length > 0 || (option !== undefined && option !== '--distribute')) {
    err(USAGE);
    return 2;
  }
  return onDatabase({ err }, async (dataSource, _cipher, target) => {
    const queue = new DeliveryQueue(loadProcessConfig(), dataSource, target);
    try {
      await queue.onModuleInit();
    } finally {
      await queue.onApplicationShutdown();
    }
    out(
      `The schema is up to date: all ${migrations.length} migrations of this release are in, and the queue's tables.`,
    );
    return option === undefined ? 0 : spread(dataSource, { out, err });
  });
}

async function spread(dataSource: DataSource, { out, err }: Output): Promise<ExitCode> {
  const { manager } = dataSource;
  if (!(await hasCitus(manager))) {
    err('There is no Citus in this database: nothing was distributed.');
    return 2;
  }
  const missing = await missingSettings(manager);
  if (missing.length > 0) {
    err(`Nothing was distributed. Run as a superuser, and then try again:\n  ${missing.join(';\n  ')};`);
    return 2;
  }
  await distribute(dataSource, out);
  out('The tables are distributed.');
  return 0;
}

if (require.main === module) runAsProcess(migrateCommand);
