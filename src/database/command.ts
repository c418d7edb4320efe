import { DataSource } from 'typeorm';
import { endOnSignal } from '../config/end-on-signal';
import { loadProcessConfig } from '../config/process-config';
import { StartError } from '../config/start-error';
import { dataSourceOptions, unhurried } from './connection';
import type { DatabaseTarget } from './database-target';
import { openDatabase } from './open-database';
import { SecretCipher } from './secret.cipher';

/** Where the lines of a command go. */
export interface Output {
  readonly out: (line: string) => void;
  readonly err: (line: string) => void;
}

/** 0: done. 1: done, and something is wrong with what was looked at. 2: could not be done. */
export type ExitCode = 0 | 1 | 2;

/** Does some work on the configured database, outside of a running Mira, however long it takes. */
export async function onDatabase(
  { err }: Pick<Output, 'err'>,
  work: (dataSource: DataSource, cipher: SecretCipher, target: DatabaseTarget) => Promise<ExitCode>,
): Promise<ExitCode> {
  try {
    const database = await openDatabase(loadProcessConfig(), err);
    const dataSource = new DataSource(dataSourceOptions(unhurried(database.target)));
    try {
      await dataSource.initialize();
      return await work(dataSource, new SecretCipher(database.masterKey), database.target);
    } finally {
      if (dataSource.isInitialized) await dataSource.destroy();
      await database.close();
    }
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    err(error.message);
    return 2;
  }
}

/** Runs a command as this process. */
export function runAsProcess(command: (args: readonly string[], output: Output) => Promise<ExitCode>): void {
  const output: Output = {
    out: (line) => void process.stdout.write(`${line}\n`),
    err: (line) => void process.stderr.write(`${line}\n`),
  };
  endOnSignal();
  command(process.argv.slice(2), output).then(
    (exitCode) => (process.exitCode = exitCode),
    (error: unknown) => {
      output.err(error instanceof Error ? (error.stack ?? error.message) : String(error));
      process.exitCode = 2;
    },
  );
}
