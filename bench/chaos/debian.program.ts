import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { CannotRun } from '../support/interruption.ts';

export interface DebianProgram {
  /** A name on the PATH of `env`, or a path. */
  readonly file: string;
  readonly env: NodeJS.ProcessEnv;
}

interface Wanted {
  /** Of the program and of its package. */
  readonly name: string;
  /** What it needs beyond what every Debian has; taken along where it is not installed. */
  readonly libraries: readonly string[];
  /** Makes it say something, and end with 0. */
  readonly probe: string;
}

/**
 * From the PATH, or from Debian's packages, unpacked for this run only: nothing is installed, so that no service starts.
 *
 * @param place where it is unpacked to
 */
export function debianProgram({ name, libraries, probe }: Wanted, place: string): DebianProgram {
  const env = { PATH: `${process.env['PATH'] ?? ''}:/usr/sbin` };
  if (spawnSync(name, [probe], { env }).status === 0) return { file: name, env };
  const folder = join(place, name);
  mkdirSync(folder, { recursive: true });
  if (!unpack(folder, name)) {
    updateLists();
    unpack(folder, name);
  }
  // Libraries that are there, or that this release has not, are no matter: the program itself says what it lacks.
  for (const library of libraries) unpack(folder, library);
  const file = join(folder, 'usr', 'sbin', name);
  if (!existsSync(file))
    throw new CannotRun(`${name} is missing, and could not be had: install Debian's package ${name}`);
  const { stdout: triple } = spawnSync('dpkg-architecture', ['-qDEB_HOST_MULTIARCH'], { encoding: 'utf8' });
  return { file, env: { ...env, LD_LIBRARY_PATH: join(folder, 'usr', 'lib', triple?.trim() || 'x86_64-linux-gnu') } };
}

function unpack(folder: string, name: string): boolean {
  const command = `apt-get -q download ${name} && for each in ./${name}_*.deb; do dpkg-deb -x "$each" .; done`;
  return spawnSync('sh', ['-c', command], { cwd: folder, stdio: 'ignore' }).status === 0;
}

function updateLists(): void {
  const asRoot = process.getuid?.() === 0 ? [] : ['sudo', '-n'];
  const [update, ...args] = [...asRoot, 'apt-get', '-q', 'update'];
  execFileSync(update, args, { stdio: 'ignore' });
}
