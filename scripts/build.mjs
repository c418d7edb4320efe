/**
 * Compiles src and libs into dist, and remembers what it compiled.
 *
 * With --if-changed nothing happens while the sources are the ones that dist was made from, so that a second
 * `npm start` does not pay for a build. Contents decide, not times: a checkout, a copy or a container image
 * gives files new times without changing them.
 *
 * All output goes to stderr: scripts whose stdout is meant for a program (config:print) build first.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const stamp = join(root, 'dist', '.sources');
const inputs = [
  'src',
  'libs',
  'ormconfig.ts',
  'tsconfig.json',
  'tsconfig.build.json',
  'nest-cli.json',
  'package-lock.json',
];

/** Files under a path of the repository, in an order that every machine agrees on; none if it does not exist. */
function filesOf(path) {
  try {
    return readdirSync(join(root, path), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && !entry.name.endsWith('.spec.ts'))
      .map((entry) => join(entry.parentPath, entry.name))
      .sort();
  } catch (error) {
    if (error.code === 'ENOTDIR') return [join(root, path)];
    if (error.code === 'ENOENT') return [];
    throw error;
  }
}

function fingerprint() {
  const hash = createHash('sha256');
  for (const file of inputs.flatMap(filesOf)) {
    const bytes = readFileSync(file);
    hash.update(`${file.slice(root.length)}\0${bytes.length}\0`).update(bytes);
  }
  return hash.digest('hex');
}

function builtFrom() {
  try {
    return readFileSync(stamp, 'utf8');
  } catch {
    return undefined;
  }
}

const sources = fingerprint();
if (process.argv.includes('--if-changed') && builtFrom() === sources) process.exit(0);

const nest = join(root, 'node_modules', '@nestjs', 'cli', 'bin', 'nest.js');
const { status } = spawnSync(process.execPath, [nest, 'build'], { cwd: root, stdio: ['ignore', 2, 2] });
if (status !== 0) process.exit(status ?? 1);
writeFileSync(stamp, sources);
