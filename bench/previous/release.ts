import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual, promisify } from 'node:util';
import { ROOT } from '../support/mira-process.ts';

const run = promisify(execFile);

/** The commit of the release before this one, as package.json names it. */
export function recordedRelease(): string {
  const { mira } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    mira?: { previous_release?: string };
  };
  const commit = mira?.previous_release;
  if (!commit || !/^[0-9a-f]{40}$/.test(commit)) {
    throw new Error('package.json has no commit under mira.previous_release');
  }
  return commit;
}

/** Why its sources cannot be had here: a shallow clone, no repository, no git. Null where they can. */
export async function whyMissing(commit: string): Promise<string | null> {
  if (!existsSync(join(ROOT, '.git'))) return 'this is no clone of the repository';
  try {
    await run('git', ['cat-file', '-e', `${commit}^{commit}`], { cwd: ROOT });
    return null;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return 'there is no git';
    return `this clone does not have the commit ${commit.slice(0, 12)} (git fetch --unshallow)`;
  }
}

/**
 * Takes the sources of a commit into a folder of their own, gives them their dependencies, and builds them.
 * @param scope takes the folder away again
 * @returns the folder
 */
export async function buildRelease(
  commit: string,
  { scope, signal }: { scope: AsyncDisposableStack; signal: AbortSignal },
): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'mira-previous-'));
  scope.defer(() => rmSync(folder, { recursive: true, force: true }));
  const archive = join(folder, 'sources.tar');
  await run('git', ['archive', '--format=tar', `--output=${archive}`, commit], { cwd: ROOT, signal });
  await run('tar', ['-xf', archive, '-C', folder], { signal });
  rmSync(archive);
  if (sameDependencies(folder)) symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'), 'dir');
  else await run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: folder, signal });
  await run(process.execPath, [join('scripts', 'build.mjs')], { cwd: folder, signal });
  return folder;
}

/** Whether it would be given the very packages that lie here, whatever the program says of itself. */
function sameDependencies(folder: string): boolean {
  return isDeepStrictEqual(packagesOf(folder), packagesOf(ROOT));
}

function packagesOf(folder: string): Record<string, unknown> {
  const lock = readFileSync(join(folder, 'package-lock.json'), 'utf8');
  const { packages } = JSON.parse(lock) as { packages: Record<string, unknown> };
  const { '': _itself, ...others } = packages;
  return others;
}
