import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makePrivateFolder } from './private-folder';

describe('a private folder', () => {
  let root: string;
  beforeEach(() => (root = mkdtempSync(join(tmpdir(), 'mira-folder-'))));
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  it('is made with those above it, for this user alone, and may be there already', () => {
    const path = join(root, 'a', 'b');
    makePrivateFolder(path);
    makePrivateFolder(path);
    expect(statSync(path).mode & 0o777).toBe(0o700);
  });

  it('is refused with its name where a file is in the way', () => {
    writeFileSync(join(root, 'file'), '');
    expect(() => makePrivateFolder(join(root, 'file', 'b'))).toThrow(/folder .*file.* cannot be made.*MIRA_DATA_DIR/s);
  });

  it('is refused, and not tried for ever, where nothing can be made', () => {
    expect(() => makePrivateFolder('/proc/mira/data')).toThrow('/proc/mira/data cannot be made');
  });
});
