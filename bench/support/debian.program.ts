import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { CannotRun } from './interruption.ts';

export interface DebianProgram {
  /** A name on the PATH of `env`, or a path. */
  readonly file: string;
  readonly env: NodeJS.ProcessEnv;
}

interface Wanted {
  readonly name: string;
  /** Where it is not called as the program is. */
  readonly package?: string;
  /** What it needs beyond what every Debian has; taken along where it is not installed. */
  readonly libraries?: readonly string[];
  /** Makes it say something, and end with 0. */
  readonly probe: string;
}

/**
 * From the PATH, or from Debian's packages, unpacked for this run only: nothing is installed, so that no service starts.
 *
 * @param place where it is unpacked to
 * @throws CannotRun where it is neither here nor to be had
 */
export function debianProgram(
  { name, package: debianPackage = name, libraries = [], probe }: Wanted,
  place: string,
): DebianProgram {
  const env = { PATH: `${process.env['PATH'] ?? ''}:/usr/sbin` };
  if (spawnSync(name, [probe], { env }).status === 0) return { file: name, env };
  const folder = join(place, name);
  mkdirSync(folder, { recursive: true });
  if (!unpack(folder, debianPackage)) {
    // A machine may have none yet.
    updateLists();
    unpack(folder, debianPackage);
  }
  // Libraries that are there, or that this release has not, are no matter: the program itself says what it lacks.
  for (const library of libraries) unpack(folder, library);
  const file = ['sbin', 'bin'].map((bin) => join(folder, 'usr', bin, name)).find((path) => existsSync(path));
  if (file === undefined) {
    throw new CannotRun(`${name} is missing, and could not be had: install Debian's package ${debianPackage}`);
  }
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
  spawnSync(update, args, { stdio: 'ignore' });
}
