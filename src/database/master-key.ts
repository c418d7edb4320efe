import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { join, resolve } from 'node:path';
import { isNativeError } from 'node:util/types';
import { decodeMasterKey, isMasterKey } from '../config/master-key';
import { StartError } from '../config/start-error';

/** What there is of secrets cannot be read with the key at hand. Going on would only fail later, and one by one. */
export class MasterKeyError extends StartError {
  override readonly name = 'MasterKeyError';

  constructor(what: string) {
    super(
      `${what}. The secrets in this database were sealed under another key: start with that one, ` +
        'in MIRA_MASTER_KEY or, for the embedded database, in the file master.key of its data folder.',
    );
  }
}

/**
 * The key of the embedded start: read from `master.key` in the data folder, made there the first time
 * (mode 0600). Whoever copies the folder must copy this file too, or the sealed secrets are lost.
 * Call it with the folder locked: the file appears whole or not at all, but only one process may make it.
 *
 * @param sealed whether something is sealed, so that none may be made where there is none
 * @throws MasterKeyError where the key of what is sealed is lost
 * @throws StartError where the file holds no key, or cannot be read or made
 */
export function embeddedMasterKey(dataDir: string, sealed: boolean): Buffer {
  const path = join(resolve(dataDir), 'master.key');
  const text = readOrMake(path, sealed).trim();
  if (isMasterKey(text)) return decodeMasterKey(text);
  const advice = sealed
    ? 'Put the right file back from a copy: without it the secrets in this database cannot be read.'
    : 'Nothing is sealed under it yet: take the file away, and the next start makes a new one.';
  throw new StartError(`The file ${path} holds no master key (32 bytes as base64 or as 64 hex digits).\n${advice}`);
}

function readOrMake(path: string, sealed: boolean): string {
  try {
    if (!existsSync(path)) {
      if (sealed) throw new MasterKeyError(`The master key in ${path} is missing`);
      make(path);
    }
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof StartError) throw error;
    const reason = isNativeError(error) ? error.message : String(error);
    throw new StartError(
      `The master key in ${path} cannot be read: ${reason}.\n` +
        'Let the user that Mira runs as read that file, or give the key in MIRA_MASTER_KEY.',
      { cause: error },
    );
  }
}

function make(path: string): void {
  const unfinished = `${path}.new`;
  const file = openSync(unfinished, 'w', 0o600);
  try {
    writeSync(file, `${randomBytes(32).toString('base64')}\n`);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(unfinished, path);
}
