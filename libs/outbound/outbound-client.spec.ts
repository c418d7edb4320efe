import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import { createServer as createTcpServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { AddressPolicy } from './address-policy';
import { OutboundClient, type OutboundClientOptions } from './outbound-client';
import type { OutboundRequest, OutboundResult } from './outbound-result';

const LOOPBACK = ['127.0.0.0/8', '::1'];

/** Ends what a test has started, in the reverse order. */
let cleanUps: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.reverse()) await cleanUp();
  cleanUps = [];
});

function aClient(allow: string[] = LOOPBACK, options: OutboundClientOptions = {}): OutboundClient {
  const client = new OutboundClient(new AddressPolicy(allow), options);
  cleanUps.push(() => client.close());
  return client;
}

async function listening(server: Server): Promise<{ port: number; sockets: Set<Socket>; connections: number }> {
  const state = { port: 0, sockets: new Set<Socket>(), connections: 0 };
  server.on('connection', (socket: Socket) => {
    state.connections += 1;
    state.sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => state.sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  state.port = (server.address() as AddressInfo).port;
  cleanUps.push(() => {
    for (const socket of state.sockets) socket.destroy();
    server.close();
  });
  return state;
}

/** A server that speaks HTTP. */
const anHttpServer = (listener: RequestListener) => listening(createServer(listener));

/** A server that says what it likes as soon as it was asked something. */
const aTcpServer = (speak: (socket: Socket) => void) =>
  listening(createTcpServer((socket) => socket.once('data', () => speak(socket))));

function aRequest(port: number, overrides: Partial<OutboundRequest> = {}): OutboundRequest {
  return { method: 'POST', url: `http://127.0.0.1:${port}/hook?x=1`, headers: {}, timeoutMs: 2_000, ...overrides };
}

/** Undici takes a connection back a turn of the event loop after its answer. */
async function aFewTurns(): Promise<void> {
  for (let i = 0; i < 10; i++) await setImmediate();
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function expectKind<K extends OutboundResult['kind']>(result: OutboundResult, kind: K) {
  expect(result).toMatchObject({ kind });
  return result as Extract<OutboundResult, { kind: K }>;
}

describe('an exchange', () => {
  it('sends the bytes and headers as given, and returns the answer', async () => {
    const seen: { request?: IncomingMessage; body?: Buffer } = {};
    const { port } = await anHttpServer((request, response) => {
      seen.request = request;
      void bodyOf(request).then((bytes) => {
        seen.body = bytes;
        response.writeHead(201, { 'X-Reply': 'yes', 'Set-Cookie': ['a=1', 'b=2'] }).end('{"ok":true}');
      });
    });
    const body = Buffer.from([0, 255, 10, 13, 200]);
    const headers = { 'Content-Type': 'application/octet-stream', 'webhook-id': 'msg_1' };
    const result = expectKind(await aClient().send(aRequest(port, { headers, body })), 'response');
    expect(result).toMatchObject({ status: 201, truncated: false });
    expect(result.body.toString()).toBe('{"ok":true}');
    expect(result.headers).toMatchObject({ 'x-reply': 'yes', 'set-cookie': 'a=1, b=2' });
    expect(result.durationMs).toBeGreaterThanOrEqual(0);
    expect(seen.request).toMatchObject({ method: 'POST', url: '/hook?x=1' });
    expect(seen.request?.headers).toMatchObject({
      'content-type': 'application/octet-stream',
      'webhook-id': 'msg_1',
      'accept-encoding': 'identity',
      'content-length': '5',
      host: `127.0.0.1:${port}`,
    });
    expect(seen.body).toEqual(body);
  });

  it('sets the fields of the connection itself', async () => {
    let seen: IncomingMessage['headers'] = {};
    const { port } = await anHttpServer((request, response) => {
      seen = request.headers;
      response.end();
    });
    const headers = {
      Host: 'internal.example',
      'Content-Length': '999',
      'Transfer-Encoding': 'chunked',
      Connection: 'x',
      Expect: '100-continue',
      'Accept-Encoding': 'gzip',
    };
    expectKind(await aClient().send(aRequest(port, { headers, body: Buffer.from('ab') })), 'response');
    expect(seen).toMatchObject({ host: `127.0.0.1:${port}`, 'content-length': '2', 'accept-encoding': 'identity' });
    expect(seen).not.toHaveProperty('transfer-encoding');
    expect(seen).not.toHaveProperty('expect');
  });

  it('does not follow redirects', async () => {
    let asked = 0;
    const { port } = await anHttpServer((_request, response) => {
      asked += 1;
      response.writeHead(302, { location: 'http://169.254.169.254/' }).end();
    });
    const result = expectKind(await aClient().send(aRequest(port)), 'response');
    expect([result.status, result.headers.location, asked]).toEqual([302, 'http://169.254.169.254/', 1]);
  });

  it('does not unpack a compressed answer', async () => {
    const packed = gzipSync(Buffer.alloc(1_000_000));
    const { port } = await anHttpServer((_request, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(packed);
    });
    const result = expectKind(await aClient().send(aRequest(port)), 'response');
    expect(result.body).toEqual(packed);
  });

  it('uses a connection again, and several when there is much to send, up to the bound', async () => {
    const state = await anHttpServer((_request, response) => {
      setTimeout(() => response.end('ok'), 20);
    });
    const sut = aClient(LOOPBACK, { connectionsPerOrigin: 3 });
    await sut.send(aRequest(state.port));
    await aFewTurns();
    await sut.send(aRequest(state.port));
    expect(state.connections).toBe(1);
    const results = await Promise.all(Array.from({ length: 12 }, () => sut.send(aRequest(state.port))));
    expect(new Set(results.map(({ kind }) => kind))).toEqual(new Set(['response']));
    expect(state.connections).toBe(3);
  });

  it('lets what is under way finish when it is closed, and takes nothing more', async () => {
    const { port } = await anHttpServer((_request, response) => {
      setTimeout(() => response.end('late'), 50);
    });
    const sut = aClient();
    const sending = sut.send(aRequest(port));
    await sut.close();
    expectKind(await sending, 'response');
    await expect(sut.send(aRequest(port))).rejects.toThrow('closed');
    await sut.close();
  });

  it('cuts off what is under way when it is closed and must not wait', async () => {
    const { port } = await anHttpServer(() => undefined);
    const sut = aClient();
    const sending = sut.send(aRequest(port, { timeoutMs: 60_000 }));
    await sut.close(20);
    expect(expectKind(await sending, 'connection_failed').code).toBe('UND_ERR_DESTROYED');
  });
});

describe('the body of an answer', () => {
  it.each([
    [0, false],
    [4_095, false],
    [4_096, false],
    [4_097, true],
    [50_000, true],
  ])('of %d bytes is cut: %s', async (length, truncated) => {
    const { port } = await anHttpServer((_request, response) => response.end(Buffer.alloc(length, 7)));
    const result = expectKind(await aClient().send(aRequest(port)), 'response');
    expect([result.body.length, result.truncated]).toEqual([Math.min(length, 4_096), truncated]);
    expect(result.body.every((byte) => byte === 7)).toBe(true);
  });

  it('can be kept in another length', async () => {
    const { port } = await anHttpServer((_request, response) => response.end('0123456789'));
    const result = expectKind(await aClient().send(aRequest(port, { maxBodyBytes: 3 })), 'response');
    expect([result.body.toString(), result.truncated]).toEqual(['012', true]);
  });

  it('a little longer than kept is read away, so that the connection stays', async () => {
    const state = await anHttpServer((_request, response) => response.end(Buffer.alloc(20_000)));
    const sut = aClient();
    expectKind(await sut.send(aRequest(state.port)), 'response');
    await aFewTurns();
    expectKind(await sut.send(aRequest(state.port)), 'response');
    expect(state.connections).toBe(1);
  });

  it('that never ends costs the connection, not memory or time', async () => {
    let written = 0;
    const state = await anHttpServer((_request, response) => {
      const more = () => {
        written += 65_536;
        if (response.write(Buffer.alloc(65_536))) setTimeout(more, 0);
        else response.once('drain', more);
      };
      more();
    });
    const result = expectKind(await aClient().send(aRequest(state.port)), 'response');
    expect(result).toMatchObject({ status: 200, truncated: true });
    while (state.sockets.size > 0) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(written).toBeLessThan(20_000_000);
  });

  it('that is longer than kept and then stalls is not waited for', async () => {
    const state = await anHttpServer((_request, response) => response.write(Buffer.alloc(5_000)));
    const result = expectKind(await aClient().send(aRequest(state.port)), 'response');
    expect(result.truncated).toBe(true);
    expect(result.durationMs).toBeLessThan(1_000);
    while (state.sockets.size > 0) await new Promise((resolve) => setTimeout(resolve, 5));
  });

  it('that breaks off is a failure, with the status that had come', async () => {
    const { port } = await aTcpServer((socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf'));
    const result = expectKind(await aClient().send(aRequest(port)), 'connection_failed');
    expect(result.status).toBe(200);
  });
});

describe('the deadline', () => {
  it('covers a server that takes the request and is silent', async () => {
    const { port } = await aTcpServer(() => undefined);
    const result = expectKind(await aClient().send(aRequest(port, { timeoutMs: 100 })), 'timeout');
    expect(result).toMatchObject({ status: null, detail: 'There was no answer within 100 ms.' });
    expect(result.durationMs).toBeGreaterThanOrEqual(95);
    expect(result.durationMs).toBeLessThan(1_000);
  });

  it('covers headers that come drop by drop', async () => {
    const { port } = await aTcpServer((socket) => {
      socket.write('HTTP/1.1 200 OK\r\n');
      const drip = setInterval(() => socket.write('x-a: b\r\n'), 10);
      socket.on('close', () => clearInterval(drip));
    });
    expectKind(await aClient().send(aRequest(port, { timeoutMs: 150 })), 'timeout');
  });

  it('covers a body that comes drop by drop', async () => {
    const { port } = await aTcpServer((socket) => {
      socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n');
      const drip = setInterval(() => socket.write('1\r\nx\r\n'), 10);
      socket.on('close', () => clearInterval(drip));
    });
    const result = expectKind(await aClient().send(aRequest(port, { timeoutMs: 150 })), 'timeout');
    expect(result).toMatchObject({ status: 200, detail: 'The answer did not end within 150 ms.' });
  });

  it('covers a name that is never resolved', async () => {
    const sut = aClient([], { resolve: () => new Promise(() => undefined) });
    const result = expectKind(await sut.send(aRequest(0, { url: 'http://n8n.example/', timeoutMs: 100 })), 'timeout');
    expect(result.durationMs).toBeLessThan(1_000);
  });

  it('covers a TLS handshake that never ends', async () => {
    const { port } = await aTcpServer(() => undefined);
    const url = `https://127.0.0.1:${port}/`;
    expectKind(await aClient().send(aRequest(port, { url, timeoutMs: 100 })), 'timeout');
  });

  it('of a connection ends a request whose own is longer', async () => {
    const { port } = await aTcpServer(() => undefined);
    const url = `https://127.0.0.1:${port}/`;
    const sut = aClient(LOOPBACK, { connectTimeoutMs: 100 });
    const result = expectKind(await sut.send(aRequest(port, { url, timeoutMs: 20_000 })), 'timeout');
    expect(result.detail).toBe('The connection was not made in time.');
  });

  it('covers the wait for a free connection', async () => {
    const { port } = await anHttpServer(() => undefined);
    const sut = aClient(LOOPBACK, { connectionsPerOrigin: 1 });
    const results = await Promise.all([1, 2, 3].map(() => sut.send(aRequest(port, { timeoutMs: 200 }))));
    expect(results.map(({ kind }) => kind)).toEqual(['timeout', 'timeout', 'timeout']);
  });

  it('is not the only end: a signal makes send reject with its reason, before or while it runs', async () => {
    const { port } = await aTcpServer(() => undefined);
    const reason = new Error('draining');
    await expect(aClient().send(aRequest(port, { signal: AbortSignal.abort(reason) }))).rejects.toBe(reason);
    const stop = new AbortController();
    const sending = aClient().send(aRequest(port, { signal: stop.signal }));
    setTimeout(() => stop.abort(reason), 30);
    await expect(sending).rejects.toBe(reason);
  });
});

describe('what is no HTTP', () => {
  it.each([
    ['garbage', 'SSH-2.0-OpenSSH_9.6\r\n', /^HPE_/],
    ['a broken header', 'HTTP/1.1 200 OK\r\nbad header\r\n\r\n', /^HPE_/],
    ['two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab', /^(HPE_|UND_ERR_)/],
    ['a broken chunk', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n', /^HPE_/],
    [
      'an upgrade nobody asked for',
      'HTTP/1.1 101 Switching\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n',
      /^UND_ERR_SOCKET$/,
    ],
    [
      'huge headers',
      `HTTP/1.1 200 OK\r\n${'x-filler: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n'.repeat(1_000)}\r\n`,
      /^UND_ERR_HEADERS_OVERFLOW$/,
    ],
    ['a huge header', `HTTP/1.1 200 OK\r\nx-filler: ${'a'.repeat(100_000)}\r\n\r\n`, /^UND_ERR_HEADERS_OVERFLOW$/],
  ])('%s is a failed connection', async (_name, answer, code) => {
    const { port } = await aTcpServer((socket) => socket.write(answer));
    const result = expectKind(await aClient().send(aRequest(port)), 'connection_failed');
    expect(result.code).toMatch(code);
    expect(result.detail).toMatch(/\.$/);
  });

  it('an end without an answer is a failed connection', async () => {
    const { port } = await aTcpServer((socket) => socket.end());
    const result = expectKind(await aClient().send(aRequest(port)), 'connection_failed');
    expect(result).toMatchObject({ code: 'UND_ERR_SOCKET', status: null });
  });

  it('a flood of interim answers ends the connection', async () => {
    const state = await aTcpServer((socket) => {
      const flood = setInterval(() => socket.write('HTTP/1.1 102 Processing\r\n\r\n'.repeat(10)), 1);
      socket.on('close', () => clearInterval(flood));
    });
    const result = expectKind(await aClient().send(aRequest(state.port)), 'connection_failed');
    expect(result.code).toBe('TOO_MANY_INTERIM_ANSWERS');
    while (state.sockets.size > 0) await new Promise((resolve) => setTimeout(resolve, 5));
  });

  it('a few interim answers are borne with', async () => {
    const { port } = await aTcpServer((socket) => {
      socket.write('HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok');
    });
    expect(expectKind(await aClient().send(aRequest(port)), 'response').body.toString()).toBe('ok');
  });

  it('a closed port is a refused connection', async () => {
    const { port } = await anHttpServer(() => undefined);
    for (const cleanUp of cleanUps.splice(0)) await cleanUp();
    const result = expectKind(await aClient().send(aRequest(port)), 'connection_failed');
    expect(result).toMatchObject({ code: 'ECONNREFUSED', detail: 'The connection was refused.' });
  });

  it('plain HTTP where TLS was expected is a failed connection', async () => {
    const { port } = await aTcpServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    const url = `https://127.0.0.1:${port}/`;
    const result = expectKind(await aClient().send(aRequest(port, { url })), 'connection_failed');
    expect(result.detail).toBe('The secure connection could not be made.');
  });

  it('a header that cannot be written is a failure, not an exception', async () => {
    const { port } = await anHttpServer((_request, response) => response.end());
    const result = await aClient().send(aRequest(port, { headers: { 'x-bad': 'a\r\nx-injected: b' } }));
    expect(expectKind(result, 'connection_failed').code).toBe('UND_ERR_INVALID_ARG');
  });
});
