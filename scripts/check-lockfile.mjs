/**
 * Fails when package-lock.json would not serve everybody.
 *
 * - It names the host that a package came from. The lock holds versions and hashes only: then everybody installs from
 *   the registry of their own configuration, and a mirror that one of us uses is no address that others cannot reach.
 * - It lacks an optional dependency, which is how a binary for another platform comes. npm leaves those out without a
 *   word when its registry does not have them at that moment, and afterwards refuses `npm ci` for a lock that is
 *   "not in sync". Take versions that are there for every platform.
 */
import { readFileSync } from 'node:fs';

const { packages } = JSON.parse(readFileSync(new URL('../package-lock.json', import.meta.url), 'utf8'));
const faults = [];

/** Whether a package of the lock finds a dependency as Node does: beside itself, or further up. */
function finds(path, name) {
  for (let folder = path; ; folder = folder.replace(/\/?node_modules\/(@[^/]+\/)?[^/]+$/, '')) {
    if (packages[folder === '' ? `node_modules/${name}` : `${folder}/node_modules/${name}`] !== undefined) return true;
    if (folder === '') return false;
  }
}

for (const [path, entry] of Object.entries(packages)) {
  for (const name of Object.keys(entry.optionalDependencies ?? {})) {
    if (!finds(path, name)) faults.push(`${path}@${entry.version} lacks its optional dependency ${name}`);
  }
  if (path === '' || entry.link === true) continue;
  if (/^[a-z+]+:/i.test(entry.resolved ?? '')) faults.push(`${path}: "resolved" names a host`);
  if (entry.integrity === undefined && entry.inBundle !== true) faults.push(`${path}: no "integrity"`);
}

if (faults.length > 0) {
  console.error(`package-lock.json has ${faults.length} faults, see scripts/check-lockfile.mjs:`);
  console.error(faults.map((fault) => `  ${fault}`).join('\n'));
  process.exitCode = 1;
}
