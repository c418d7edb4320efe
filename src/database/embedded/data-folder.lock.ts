import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { isNativeError } from 'node:util/types';
import { StartError } from '../../config/start-error';
import { folderError } from './private-folder';

/**
 * Keeps two processes from opening one data folder, which PGlite itself does not prevent and which would ruin it.
 * The lock is SQLite's exclusive lock on an empty file: the kernel drops it when the process dies, however it dies,
 * so a killed Mira never leaves a stale lock, and a reused process id (always 1 in a container) cannot mislead it.
 */
export class DataFolderLock {
  private constructor(private readonly file: DatabaseSync) {}

  /** Throws {@link DataFolderInUseError} when another process holds the folder, StartError when it cannot be used. */
  static acquire(folder: string): DataFolderLock {
    const file = openLockFile(folder);
    try {
      file.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
    } catch (error) {
      file.close();
      if (isNativeError(error) && error.message.includes('locked')) throw new DataFolderInUseError(folder);
      throw folderError(folder, 'cannot be locked', error);
    }
    return new DataFolderLock(file);
  }

  release(): void {
    this.file.close();
  }
}

function openLockFile(folder: string): DatabaseSync {
  try {
    return new DatabaseSync(join(folder, 'lock'), { timeout: 0 });
  } catch (error) {
    throw folderError(folder, 'cannot be written to', error);
  }
}

export class DataFolderInUseError extends StartError {
  override readonly name = 'DataFolderInUseError';

  constructor(folder: string) {
    super(
      `The data folder ${folder} is in use by another Mira process. ` +
        'Stop that process first, or give this one a folder of its own with MIRA_DATA_DIR; ' +
        'several processes can share one PostgreSQL server through DATABASE_URL.',
    );
  }
}
