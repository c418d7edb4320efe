import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { DataSource } from 'typeorm';
import { StartError } from '../../src/config/start-error';
import { dataSourceOptions } from '../../src/database/connection';
import { openDatabase } from '../../src/database/open-database';
import { startMira } from '../../src/mira';
import { kinds, type ScratchDatabase, scratchDatabase } from '../support/databases';
import { type Overrides, testConfig } from '../support/mira';

/** What a start that fails tells whoever made it. */
async function failureOf(start: () => Promise<unknown>): Promise<string> {
  const error: unknown = await start().then(
    () => 'it started',
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(StartError);
  return error instanceof StartError ? error.message : '';
}

describe('a start that fails says in words why', () => {
  let database: ScratchDatabase;
  let folder: string;
  beforeEach(async () => {
    database = await scratchDatabase('embedded');
    folder = 'data_dir' in database.settings ? database.settings.data_dir : '';
  });
  afterEach(() => database.drop());

  const start = (overrides: Overrides) => failureOf(() => startMira(testConfig(database, overrides), () => undefined));

  it('when the port is in use', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    try {
      const told = await start({ MIRA_WEBHOOK_PORT: String(port) });
      expect(told).toMatch(new RegExp(`port ${port}: another process does.*\n.*MIRA_WEBHOOK_PORT`));
    } finally {
      other.close();
    }
  });

  it('when the address is not of this machine', async () => {
    expect(await start({ MIRA_WEBHOOK_HOST: '192.0.2.7' })).toMatch(/no such address.*\n.*MIRA_WEBHOOK_HOST/);
  });

  it('when the name of the address is unknown', async () => {
    expect(await start({ MIRA_WEBHOOK_HOST: 'nowhere.invalid' })).toMatch(/leads to no address.*\n.*MIRA_WEBHOOK_HOST/);
  });

  it('when the data folder cannot be written to', async () => {
    expect(await start({ MIRA_DATA_DIR: '/proc' })).toMatch(/\/proc cannot be written to.*\n.*MIRA_DATA_DIR/);
  });

  it('when a file stands where the socket goes, and lets the folder go again', async () => {
    writeFileSync(join(folder, 'run'), '');
    const expected = /no room for the socket.*\n.*MIRA_DATA_DIR/;
    expect(await start({})).toMatch(expected);
    expect(await start({})).toMatch(expected);
  });

  it('when the database in the data folder is damaged', async () => {
    mkdirSync(join(folder, 'pgdata'));
    writeFileSync(join(folder, 'pgdata', 'PG_VERSION'), '17');
    expect(await start({})).toMatch(/did not start: .*\n.*pgdata.*damaged.*MIRA_DATA_DIR/);
  });

  it('when the key in the data folder is none', async () => {
    writeFileSync(join(folder, 'master.key'), 'garbage');
    expect(await start({ MIRA_MASTER_KEY: undefined })).toMatch(/master\.key holds no master key/);
  });

  it('when nothing listens where the database should be, after having waited', async () => {
    const config = testConfig(database, { MIRA_DATABASE_URL: 'postgres://u:s3cret@127.0.0.1:1/x' });
    const lines: string[] = [];
    const told = await failureOf(() => openDatabase(config, (line) => lines.push(line), 500));
    expect(told).toMatch(/DATABASE_URL.*nothing listens there\.\nStart the server/);
    expect(lines).toEqual([expect.stringMatching(/nothing listens there\. Trying again/)]);
    expect(`${told}${lines.join('')}`).not.toContain('s3cret');
  });
});

if (kinds().includes('server')) {
  describe('a start on a server that cannot be used says in words why', () => {
    let database: ScratchDatabase;
    beforeEach(async () => {
      database = await scratchDatabase('server');
    });
    afterEach(() => database.drop());

    const start = () => failureOf(() => startMira(testConfig(database), () => undefined));
    const urlWith = (change: (url: URL) => void) => {
      const url = new URL('database' in database.settings ? database.settings.database.url : '');
      change(url);
      return { MIRA_DATABASE_URL: url.href };
    };

    it('when there is no such database', async () => {
      const config = testConfig(
        database,
        urlWith((url) => (url.pathname = '/no_such_database')),
      );
      const told = await failureOf(() => startMira(config, () => undefined));
      expect(told).toMatch(/no_such_database, has no database of this name/);
    });

    it('when a migration fails, with its name, and the same at the next start', async () => {
      const other = await new DataSource(dataSourceOptions(database.target)).initialize();
      await other.query('CREATE TABLE webhook_events (another_program int)');
      await other.destroy();
      const expected = /migration Webhooks1795300000002 .*nothing of it was kept.*"webhook_events" already exists\.\n/;
      expect(await start()).toMatch(expected);
      expect(await start()).toMatch(expected);
    });
  });
}
