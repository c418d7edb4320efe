import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { isNativeError } from 'node:util/types';

/** Only this user may enter. */
const PRIVATE = 0o700;

/**
 * Makes a folder that only this user can enter, with those above it that are missing. Node's own recursive mkdir
 * never returns for a path that nothing can be made under, such as one in /proc.
 *
 * @throws Error with a sentence for a person, where it cannot be made
 */
export function makePrivateFolder(path: string): void {
  try {
    make(path);
  } catch (cause) {
    const reason = isNativeError(cause) ? cause.message : String(cause);
    throw new Error(`The folder ${path} cannot be made: ${reason}. Choose another with MIRA_DATA_DIR.`, { cause });
  }
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
