import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'pg';
import { serverTarget } from '../../src/database/connection';
import { isDatabaseAway } from '../../src/database/database-away';
import { watchedSocket } from '../../src/database/watched-socket';
import { kinds, type ScratchDatabase, scratchDatabase } from '../support/databases';
import { TEST_SETTINGS } from '../support/database-templates';
import { eventually } from '../support/eventually';
import { onServer, withDatabaseName } from '../support/scratch-server';
import { TcpProxy } from '../support/tcp-proxy';

/** Two servers, as far as a client can tell: two doors to one database, each of which can be shut. */
function aPair(): void {
  let database: ScratchDatabase;
  let doors: [TcpProxy, TcpProxy];
  let url: URL;
  let pool: Pool;

  beforeAll(async () => {
    database = await scratchDatabase('server');
    if (!('database' in database.settings)) throw new Error('this is not a server');
    url = new URL(database.settings.database.url);
    const open = () => TcpProxy.to(url.hostname, Number(url.port || 5432));
    doors = [await open(), await open()];
  });
  beforeEach(() => {
    const hosts = doors.map(({ address }) => `${address.host}:${address.port}`).join(',');
    const target = serverTarget(url.href.replace(url.host, hosts), TEST_SETTINGS);
    pool = new Pool({ ...target.pool, max: 2 });
    pool.on('error', () => undefined);
  });
  afterEach(async () => {
    await pool.end();
    await setting('RESET');
    for (const door of doors) await door.open();
  });
  afterAll(async () => {
    for (const door of doors ?? []) await door.refuse();
    await database?.drop();
  });

  const portOf = async (): Promise<number> => {
    const client = await pool.connect();
    client.release();
    return client.port;
  };

  /** Of the database, for whoever connects from now on. */
  async function setting(change: 'SET' | 'RESET'): Promise<void> {
    const value = change === 'SET' ? ' = on' : '';
    await onServer(
      withDatabaseName(url.href, 'postgres'),
      `ALTER DATABASE ${url.pathname.slice(1)} ${change} default_transaction_read_only${value}`,
    );
  }

  it('is reached at the first, and at the other one when that is gone', async () => {
    expect(await portOf()).toBe(doors[0].address.port);
    await doors[0].refuse();
    await eventually(async () => expect(await portOf()).toBe(doors[1].address.port));
    await doors[0].open();
    await doors[1].refuse();
    await eventually(async () => expect(await portOf()).toBe(doors[0].address.port));
  });

  it('is reached at the other one where the first hangs', async () => {
    doors[0].hang();
    expect(await portOf()).toBe(doors[1].address.port);
  });

  it('is away while none of them takes writes', async () => {
    await setting('SET');
    const failure: unknown = await pool.query('SELECT 1').catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: '25006', message: expect.stringContaining('None of the servers') });
    expect(isDatabaseAway(failure)).toBe(true);
    await setting('RESET');
    await pool.query('SELECT 1');
  });

  it('leaves nothing behind that fails later, when it could not be reached', async () => {
    const silenceMs = 50;
    const impatient = new Pool({ ...serverTarget(url.href, TEST_SETTINGS).pool, stream: watchedSocket(silenceMs) });
    await setting('SET');
    await expect(impatient.connect()).rejects.toMatchObject({ code: '25006' });
    // A socket that is still there would fail now, with nobody to hear of it, and end the program.
    await sleep(2 * silenceMs);
    await impatient.end();
  });

  it('is asked, and not taken at the word that a pooler kept of it when it was a standby', async () => {
    const off = Buffer.from('in_hot_standby\0off\0');
    const pooler = await TcpProxy.to(url.hostname, Number(url.port || 5432), (said) => {
      const at = said.indexOf(off);
      if (at !== -1) said.write('in_hot_standby\0on\0', at);
      return said;
    });
    const { host, port } = pooler.address;
    const through = url.href.replace(url.host, `${host}:${port}`);
    const [believing, asking] = [false, true].map((isPooled) => {
      const target = serverTarget(through, { ...TEST_SETTINGS, transaction_pooling: isPooled });
      const one = new Pool({ ...target.pool, max: 1 });
      return one.on('error', () => undefined);
    });
    try {
      await expect(believing?.query('SELECT 1')).rejects.toMatchObject({ code: '25006' });
      await asking?.query('CREATE TABLE through_a_pooler ()');
    } finally {
      await Promise.all([believing?.end(), asking?.end()]);
      await pooler.refuse();
    }
  });

  it('is left by a connection that was refused a write', async () => {
    await pool.query('SET default_transaction_read_only = on');
    const failure: unknown = await pool.query('CREATE TABLE t ()').catch((error: unknown) => error);
    expect(isDatabaseAway(failure)).toBe(true);
    await eventually(async () => expect(pool.totalCount).toBe(0));
    await pool.query('CREATE TABLE t ()');
  });
}

describe('a database of two servers', () => {
  if (kinds().includes('server')) aPair();
  else it.skip('needs a server', () => undefined);
});
