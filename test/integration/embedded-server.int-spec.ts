import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Pool } from 'pg';
import { EmbeddedServer } from '../../src/database/embedded/embedded-server';
import { eventually } from '../support/eventually';

/** PGlite has one backend; these are what a client of a real server takes for granted, with its own one. */
describe('connections to the embedded database', () => {
  let folder: string;
  let server: EmbeddedServer;
  let pool: Pool;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'mira-embedded-'));
    server = await EmbeddedServer.start(folder);
    pool = new Pool({ ...server.connection, max: 12 });
    await pool.query('CREATE TABLE things (id int PRIMARY KEY, note text)');
  });
  afterAll(async () => {
    await pool.end();
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  beforeEach(() => pool.query('TRUNCATE things'));

  /** Two statements of different parameters and columns: taken for one another, they could not but be noticed. */
  async function ask(n: number, name?: string): Promise<boolean> {
    const isOdd = n % 2 === 1;
    const text = isOdd ? 'SELECT $1::int AS odd' : `SELECT $1::text AS even, 'x' AS other`;
    const { rows } = await pool.query({ text, values: [n], ...(name ? { name: `${name}-${isOdd}` } : {}) });
    return JSON.stringify(rows) === JSON.stringify([isOdd ? { odd: n } : { even: String(n), other: 'x' }]);
  }

  async function askMany(name?: string): Promise<boolean[]> {
    return Promise.all(Array.from({ length: 300 }, (_, n) => ask(n, name)));
  }

  it('each get the answer to their own query', async () => {
    expect((await askMany()).every(Boolean)).toBe(true);
  });

  it('may each prepare a statement of the same name', async () => {
    expect((await askMany('the-same')).every(Boolean)).toBe(true);
  });

  it('may mean different statements by one name', async () => {
    const [one, other] = [new Client(server.connection), new Client(server.connection)];
    await Promise.all([one.connect(), other.connect()]);
    const use = async (client: Client, n: number) =>
      (await client.query({ name: 'mine', text: `SELECT ${n} + $1::int AS n`, values: [1] })).rows;
    for (let round = 0; round < 3; round++) {
      expect(await Promise.all([use(one, 10), use(other, 20)])).toEqual([[{ n: 11 }], [{ n: 21 }]]);
    }
    await Promise.all([one.end(), other.end()]);
  });

  it.each([
    ['cannot be parsed', 'SELECT nonsense FROM nowhere WHERE 1 = $1', 1],
    ['takes no such value', 'SELECT $1::int', 'nonsense'],
    ['fails as it runs', 'SELECT 1 / $1::int', 0],
    ['fails in the middle', 'INSERT INTO things SELECT 1 FROM generate_series(1, $1::int)', 2],
  ])('are not disturbed by the statement of another that %s', async (_case, text, value) => {
    const failures: Promise<boolean>[] = [];
    const asked: Promise<boolean>[] = [];
    for (let n = 0; n < 100; n++) {
      failures.push(fails(pool.query(text, [value])));
      failures.push(fails(pool.query({ name: `failing ${value}`, text, values: [value] })));
      asked.push(ask(n), ask(n, 'undisturbed'));
    }
    expect((await Promise.all(failures)).every(Boolean)).toBe(true);
    expect((await Promise.all(asked)).every(Boolean)).toBe(true);
  });

  it('have transactions that nothing comes between', async () => {
    const add = async (n: number) => {
      const client = await pool.connect();
      try {
        await client.query('BEGIN');
        const { rows } = await client.query('SELECT count(*)::int AS count FROM things');
        await client.query('INSERT INTO things VALUES ($1, $2)', [rows[0].count, String(n)]);
        await client.query(n % 5 === 0 ? 'ROLLBACK' : 'COMMIT');
      } finally {
        client.release();
      }
    };
    await Promise.all(Array.from({ length: 50 }, (_, n) => add(n)));
    const { rows } = await pool.query('SELECT count(*)::int AS count, max(id) AS last FROM things');
    expect(rows).toEqual([{ count: 40, last: 39 }]);
  });

  it('lose their transaction when they are lost in it, and hold up nobody', async () => {
    const lost = new Client(server.connection);
    lost.on('error', () => undefined);
    await lost.connect();
    await lost.query('BEGIN');
    await lost.query(`INSERT INTO things VALUES (1, 'lost')`);
    const waiting = ask(1);
    const { stream } = (lost as unknown as { connection: { stream: { destroy(): void } } }).connection;
    stream.destroy();
    expect(await waiting).toBe(true);
    expect((await pool.query('SELECT * FROM things')).rows).toEqual([]);
  });

  it('take back the statements of one that is gone', async () => {
    const client = new Client(server.connection);
    await client.connect();
    await client.query({ name: 'short-lived', text: 'SELECT $1::int AS short_lived', values: [1] });
    await client.end();
    await eventually(async () => {
      const { rows } = await pool.query(`SELECT name FROM pg_prepared_statements WHERE statement LIKE '%short_lived'`);
      expect(rows).toEqual([]);
    });
  });

  it('may send a query in as many pieces as they like, and keep nobody waiting meanwhile', async () => {
    const { host, port } = server.connection;
    const socket = connect(join(host, `.s.PGSQL.${port}`));
    let answer = '';
    socket.setEncoding('latin1').on('data', (text) => (answer += text));
    await once(socket, 'connect');
    const startup = Buffer.concat([int32(196_608), Buffer.from('user\0postgres\0database\0postgres\0\0')]);
    const text = `SELECT '${'x'.repeat(10_000)}'\0`;
    const query = Buffer.concat([Buffer.from('Q'), int32(4 + text.length), Buffer.from(text)]);
    const bytes = Buffer.concat([int32(8), int32(80_877_103), int32(4 + startup.length), startup, query]);
    for (let at = 0; at < bytes.length; at += at < 100 ? 1 : 999) {
      socket.write(bytes.subarray(at, at < 100 ? at + 1 : at + 999));
      if (at % 10 === 0) expect(await ask(at)).toBe(true);
    }
    await eventually(() => expect(answer).toContain('x'.repeat(10_000)));
    expect(answer.startsWith('N')).toBe(true);
    socket.destroy();
  });

  it('carry values of megabytes', async () => {
    const large = Buffer.alloc(8 * 1_048_576, 'abcdefgh');
    const { rows } = await pool.query('SELECT $1::bytea AS back, length($1::bytea) AS length', [large]);
    expect(rows[0].length).toBe(large.length);
    expect(large.equals(rows[0].back)).toBe(true);
  });
});

function fails(query: Promise<unknown>): Promise<boolean> {
  return query.then(
    () => false,
    () => true,
  );
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}
