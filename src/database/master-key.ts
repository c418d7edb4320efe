import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { join, resolve } from 'node:path';
import { decodeMasterKey } from '../config/master-key';

/** What there is of secrets cannot be read with the key at hand. Going on would only fail later, and one by one. */
export class MasterKeyError extends Error {
  constructor(what: string) {
    super(
      `${what}. The secrets in this database were sealed under another key: start with that one, ` +
        'in MIRA_MASTER_KEY or, for the embedded database, in the file master.key of its data folder.',
    );
    this.name = 'MasterKeyError';
  }
}

/**
 * The key of the embedded start: read from `master.key` in the data folder, made there the first time
 * (mode 0600). Whoever copies the folder must copy this file too, or the sealed secrets are lost.
 * Call it with the folder locked: the file appears whole or not at all, but only one process may make it.
 *
 * @throws MasterKeyError where there is none, and none may be made, since something is sealed under a lost one
 */
export function embeddedMasterKey(dataDir: string, mayMake: boolean): Buffer {
  const path = join(resolve(dataDir), 'master.key');
  if (!existsSync(path)) {
    if (!mayMake) throw new MasterKeyError(`The master key in ${path} is missing`);
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
  return decodeMasterKey(readFileSync(path, 'utf8').trim());
}
