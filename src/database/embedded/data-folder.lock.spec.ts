import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataFolderInUseError, DataFolderLock } from './data-folder.lock';

const HOLD = `
  const { DatabaseSync } = require('node:sqlite');
  const file = new DatabaseSync(process.argv[1] + '/lock', { timeout: 0 });
  file.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
  process.stdout.write('held');
`;

describe('DataFolderLock', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'mira-lock-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('lets one in and no second, and the next when the first is gone', () => {
    const first = DataFolderLock.acquire(folder);
    expect(() => DataFolderLock.acquire(folder)).toThrow(DataFolderInUseError);
    first.release();
    DataFolderLock.acquire(folder).release();
  });

  it('keeps another process out', () => {
    const lock = DataFolderLock.acquire(folder);
    expect(() => execFileSync(process.execPath, ['-e', HOLD, folder], { stdio: 'pipe' })).toThrow(/database is locked/);
    lock.release();
  });

  it('is free again when the process that held it was killed', async () => {
    const holder = spawn(process.execPath, ['-e', `${HOLD} setInterval(() => {}, 1000);`, folder]);
    try {
      await once(holder.stdout, 'data');
      expect(() => DataFolderLock.acquire(folder)).toThrow(/in use by another Mira process/);
    } finally {
      holder.kill('SIGKILL');
      await once(holder, 'exit');
    }
    DataFolderLock.acquire(folder).release();
  });
});
