import { NestFactory } from '@nestjs/core';
import { once } from 'node:events';
import type { Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { HttpAdapter } from './http-adapter';

class NoModule {}

describe('the HTTP adapter', () => {
  // The limit is far below node's 30 s, after which it looks for slow requests by itself.
  it('finds a client that is slow with its headers soon after their time is over', async () => {
    const app = await NestFactory.create(NoModule, new HttpAdapter(), { logger: false });
    const server: Server = app.getHttpServer();
    server.headersTimeout = server.requestTimeout = 50;
    await app.listen(0, '127.0.0.1');
    try {
      const failed = once(server, 'clientError');
      const socket = connect((server.address() as AddressInfo).port, '127.0.0.1').on('error', () => undefined);
      socket.write('GET / HTTP/1.1\r\nx-slow: ');
      const [error, connection] = await failed;
      expect(error).toMatchObject({ code: 'ERR_HTTP_REQUEST_TIMEOUT' });
      connection.destroy();
      socket.destroy();
    } finally {
      await app.close();
    }
  }, 15_000);
});
