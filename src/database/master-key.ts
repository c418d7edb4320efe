import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { join, resolve } from 'node:path';
import { decodeMasterKey } from '../config/master-key';

/**
 * The key of the embedded start: read from `master.key` in the data folder, made there the first time
 * (mode 0600). Whoever copies the folder must copy this file too, or the sealed secrets are lost.
 * Call it with the folder locked: the file appears whole or not at all, but only one process may make it.
 */
export function embeddedMasterKey(dataDir: string): Buffer {
  const path = join(resolve(dataDir), 'master.key');
  if (!existsSync(path)) {
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
