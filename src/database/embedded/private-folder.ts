import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { isNativeError } from 'node:util/types';
import { settingName } from '../../config/setting-name';
import { StartError } from '../../config/start-error';

/** Only this user may enter. */
const PRIVATE = 0o700;

/**
 * Makes a folder that only this user can enter, with those above it that are missing. Node's own recursive mkdir
 * never returns for a path that nothing can be made under, such as one in /proc.
 *
 * @throws StartError where it cannot be made
 */
export function makePrivateFolder(path: string): void {
  try {
    make(path);
  } catch (cause) {
    throw folderError(path, 'cannot be made', cause);
  }
}

/** What keeps a folder from being the data folder. `what`: the rest of a sentence that begins with the folder. */
export function folderError(folder: string, what: string, cause: unknown): StartError {
  const reason = isNativeError(cause) ? cause.message : String(cause);
  return new StartError(
    `The data folder ${folder} ${what}: ${reason}.\n` +
      `Let the user that Mira runs as write there, or choose another folder with ${settingName('data_dir')}.`,
    { cause },
  );
}

function make(path: string): void {
  if (isFolder(path)) return;
  const parent = dirname(path);
  if (parent !== path) make(parent);
  mkdirSync(path, { mode: PRIVATE });
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
