import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { CannotRun } from '../support/interruption.ts';

const DEBIAN = '/usr/lib/postgresql';
/** PostgreSQL does not run as root. */
const OWNERS = ['postgres', 'nobody'];

/** The ids of the user that PostgreSQL is to run as; nothing where this process may run it itself. */
export interface Owner {
  readonly uid?: number;
  readonly gid?: number;
}

/** The newest of Debian's server binaries. */
export function findBinaries(): string {
  const majors = readFolder(DEBIAN)
    .filter((name) => readFolder(join(DEBIAN, name, 'bin')).includes('initdb'))
    .toSorted((a, b) => Number(b) - Number(a));
  const [newest] = majors;
  if (newest === undefined)
    throw new CannotRun(`no PostgreSQL server in ${DEBIAN}: install Debian's package postgresql`);
  return join(DEBIAN, newest, 'bin');
}

export function findOwner(): Owner {
  if (process.getuid?.() !== 0) return {};
  const idOf = (flag: string, name: string): number =>
    Number(spawnSync('id', [flag, name], { encoding: 'utf8' }).stdout);
  const name = OWNERS.find((one) => idOf('-u', one) > 0);
  if (name === undefined)
    throw new CannotRun(`root cannot run PostgreSQL, and there is no user ${OWNERS.join(' or ')}`);
  return { uid: idOf('-u', name), gid: idOf('-g', name) };
}

/** Runs one of them to its end. Throws with what it said where that is not 0. */
export function runBinary(file: string, args: readonly string[], owner: Owner): void {
  execFileSync(file, args, { ...owner, cwd: '/', encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

function readFolder(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
