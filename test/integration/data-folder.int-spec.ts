import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EmbeddedServer } from '../../src/database/embedded/embedded-server';

describe('the data folder of the embedded database', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'mira-data-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('keeps what was in it before, also where the socket goes', async () => {
    const precious = join(folder, 'run', 'important', 'file');
    mkdirSync(join(folder, 'run', 'important'), { recursive: true });
    writeFileSync(precious, 'precious');
    const server = await EmbeddedServer.start(folder);
    await server.stop();
    expect(readFileSync(precious, 'utf8')).toBe('precious');
  });

  it('is left without a socket, and its folder, when the database stops', async () => {
    const server = await EmbeddedServer.start(folder);
    expect(existsSync(join(folder, 'run'))).toBe(true);
    await server.stop();
    expect(existsSync(join(folder, 'run'))).toBe(false);
  });
});
