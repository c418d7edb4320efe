import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { Pool } from 'pg';
import { MiraConfig } from '../config/mira.config';
import { serverTarget } from './connection';

/** A server that refuses everybody as PostgreSQL does: an ErrorResponse in answer to the first message, and the end. */
async function aServerThatRefuses(sqlState: string): Promise<Server> {
  const fields = Buffer.from(`SFATAL\0C${sqlState}\0Msorry, too many clients already\0\0`);
  const length = Buffer.alloc(4);
  length.writeInt32BE(fields.length + 4);
  const server = createServer((socket) => {
    socket
      .on('error', () => undefined)
      .once('data', () => socket.end(Buffer.concat([Buffer.from('E'), length, fields])));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return server;
}

it.each([1, 2])('hears of the trouble of %i servers while none of them lets anybody in', async (count) => {
  const servers = await Promise.all(Array.from({ length: count }, () => aServerThatRefuses('53300')));
  const hosts = servers.map((server) => `127.0.0.1:${(server.address() as AddressInfo).port}`);
  const target = serverTarget(`postgres://mira@${hosts.join(',')}/mira`, new MiraConfig().database);
  const pool = new Pool(target.pool);
  try {
    await expect(pool.query('SELECT 1')).rejects.toMatchObject({ code: '53300' });
    expect(target.trouble.recent).toEqual(['too_many_connections']);
  } finally {
    await pool.end();
    for (const server of servers) server.close();
  }
});
