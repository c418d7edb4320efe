import { loadProcessConfig } from './config/process-config';
import { type ExitCode, onDatabase, type Output, runAsProcess } from './database/command';
import { migrations } from './database/migration-list';
import { DeliveryQueue } from './webhook/delivery/queue/delivery.queue';

const USAGE = `Usage: npm run -s migrate

  Brings the schema of the configured database up to date, the queue's tables included, and ends: with 0 where it is
  that of this release now, with 2 where it is not, and why. Any number of processes may do so at a time.
`;

/** What a start does with the schema, alone: for a release that is to fail here before it touches what is running. */
export async function migrateCommand(args: readonly string[], { out, err }: Output): Promise<ExitCode> {
  if (args.length > 0) {
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
    return 0;
  });
}

if (require.main === module) runAsProcess(migrateCommand);
