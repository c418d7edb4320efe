import { execFile, execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { DataSource } from 'typeorm';
import { dataSourceOptions } from '../../src/database/connection';
import { migrations } from '../../src/database/migration-list';
import { kinds, type ScratchDatabase, scratchDatabase } from '../support/databases';
import { startTestMira } from '../support/mira';

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

const ROOT = join(__dirname, '..', '..');
const MASTER_KEY = Buffer.alloc(32, 7).toString('base64');
const DONE = `The schema is up to date: all ${migrations.length} migrations of this release are in, and the queue's tables.\n`;

/** The command as it is built, with nothing of this environment but the database. */
function migrate({ settings }: Pick<ScratchDatabase, 'settings'>, ...args: string[]): Promise<Ended> {
  const where =
    'data_dir' in settings
      ? { MIRA_DATA_DIR: settings.data_dir }
      : { MIRA_DATABASE_URL: settings.database.url, MIRA_MASTER_KEY: MASTER_KEY };
  const command = join(ROOT, 'dist', 'src', 'migrate.command.js');
  return new Promise((done) => {
    const child = execFile(process.execPath, [command, ...args], { cwd: __dirname, env: where }, (_error, out, err) =>
      done({ code: child.exitCode ?? -1, out, err }),
    );
  });
}

beforeAll(() => {
  execFileSync(process.execPath, ['scripts/build.mjs', '--if-changed'], { cwd: ROOT, stdio: 'ignore' });
}, 180_000);

describe.each(kinds())('migrating alone (%s database)', (kind) => {
  let database: ScratchDatabase;
  beforeAll(async () => {
    database = await scratchDatabase(kind);
  });

  it('makes all that a start finds done, and has nothing to do the second time', async () => {
    expect(await migrate(database)).toEqual({ code: 0, out: DONE, err: '' });
    expect(await migrate(database)).toEqual({ code: 0, out: DONE, err: '' });
    if (kind === 'server') {
      const dataSource = await new DataSource(dataSourceOptions(database.target)).initialize();
      try {
        const tables = `SELECT to_regclass('public.webhook_events') IS NOT NULL AS mira,
          (SELECT count(*)::int FROM pgboss.queue WHERE name = 'delivery') AS queues`;
        expect(await dataSource.query(tables)).toEqual([{ mira: true, queues: 1 }]);
      } finally {
        await dataSource.destroy();
      }
    }
    expect(await migrate(database, '--distribute')).toEqual({
      code: 2,
      out: DONE,
      err: 'There is no Citus in this database: nothing was distributed.\n',
    });
    const overrides = kind === 'embedded' ? { MIRA_MASTER_KEY: undefined } : {};
    const mira = await startTestMira(kind, overrides, database);
    await mira.stop();
  });
});

describe('migrating alone', () => {
  it('takes turns with others that do', async () => {
    if (!kinds().includes('server')) return;
    const database = await scratchDatabase('server');
    try {
      const ended = await Promise.all([migrate(database), migrate(database), migrate(database)]);
      expect(ended).toEqual(ended.map(() => ({ code: 0, out: DONE, err: '' })));
    } finally {
      await database.drop();
    }
  });

  it('says why it cannot, and ends with 2', async () => {
    const url = 'mysql://127.0.0.1/x';
    const refused = await migrate({ settings: { database: { url } } });
    expect(refused).toMatchObject({ code: 2, out: '', err: expect.stringContaining('database.url') });
    expect(await migrate({ settings: { data_dir: '/proc' } })).toMatchObject({
      code: 2,
      err: expect.stringContaining('MIRA_DATA_DIR'),
    });
    expect(await migrate({ settings: { data_dir: '/proc' } }, '--now')).toMatchObject({
      code: 2,
      err: expect.stringContaining('Usage'),
    });
  });
});
