import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { HttpConnections } from './http-connections';

describe('HttpConnections', () => {
  let server: Server;
  let sut: HttpConnections;
  let responses: ServerResponse[];
  let closed: Promise<unknown>;

  beforeEach(async () => {
    responses = [];
    server = createServer((_request, response) => void responses.push(response));
    sut = new HttpConnections(server);
    await once(server.listen(0, '127.0.0.1'), 'listening');
    closed = once(server, 'close');
  });
  afterEach(() => {
    server.close();
    server.closeAllConnections();
  });

  async function aClient(says = ''): Promise<{ socket: Socket; heard: () => string }> {
    const arrived = once(server, 'connection');
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    let text = '';
    socket.on('data', (piece) => (text += piece.toString())).on('error', () => undefined);
    await arrived;
    if (says) socket.write(says);
    return { socket, heard: () => text };
  }

  const request = 'GET / HTTP/1.1\r\nHost: here\r\n\r\n';
  const end = (patienceMs: number) => {
    server.close();
    sut.drain(patienceMs);
  };

  it.each(['', 'GET / HT'])('lets go at once of a client that said only %j', async (says) => {
    await aClient(says);
    end(60_000);
    await closed;
  });

  it('lets go of a client that connects while it ends, and says nothing', async () => {
    sut.drain(60_000);
    const { socket } = await aClient();
    await once(socket, 'end');
  });

  it('answers a request that is under way, and says that the connection ends with it', async () => {
    const arrived = once(server, 'request');
    const { socket, heard } = await aClient(request);
    await arrived;
    const ended = once(socket, 'end');
    end(60_000);
    responses[0]?.end('done');
    await Promise.all([closed, ended]);
    expect(heard()).toMatch(/200 OK.*Connection: close.*done/s);
  });

  it('keeps who is idle while it leaves, and answers what comes from there for the last time', async () => {
    const { socket, heard } = await aClient();
    sut.leave();
    const [arrived, ended] = [once(server, 'request'), once(socket, 'end')];
    socket.write(request);
    await arrived;
    responses[0]?.end('done');
    await ended;
    expect(heard()).toMatch(/200 OK.*Connection: close.*done/s);
  });

  it('says on what is under way when it leaves that the connection ends with it', async () => {
    const arrived = once(server, 'request');
    const { socket, heard } = await aClient(request);
    await arrived;
    const ended = once(socket, 'end');
    sut.leave();
    responses[0]?.end('done');
    await ended;
    expect(heard()).toMatch(/200 OK.*Connection: close.*done/s);
  });

  it('keeps a connection whose answer had begun when it leaves, for its client may use it again by now', async () => {
    const arrived = once(server, 'request');
    const { socket, heard } = await aClient(request);
    await arrived;
    responses[0]?.writeHead(200, { 'content-length': '4' }).write('do');
    sut.leave();
    const [again, ended] = [once(server, 'request'), once(socket, 'end')];
    responses[0]?.end('ne');
    while (!heard().includes('done')) await once(socket, 'data');
    socket.write(request);
    await again;
    responses[1]?.end('last');
    await ended;
    expect(heard()).toMatch(/done.*200 OK.*Connection: close.*last/s);
  });

  it.each(['leave', 'drain'] as const)(
    'answers all that a client sent without waiting, when it should %s meanwhile, and tells the last',
    async (how) => {
      const { socket, heard } = await aClient(request + request);
      while (responses.length < 2) await once(server, 'request');
      const ended = once(socket, 'end');
      if (how === 'leave') sut.leave();
      else sut.drain(60_000);
      responses[0]?.end('first');
      responses[1]?.end('second');
      await ended;
      expect(heard()).toMatch(/^(?:(?!Connection: close).)*first.*Connection: close.*second/s);
    },
  );

  it('answers what comes behind a request that was told already', async () => {
    sut.leave();
    const { socket, heard } = await aClient(request + request);
    while (responses.length < 2) await once(server, 'request');
    const ended = once(socket, 'end');
    responses[1]?.end('second');
    responses[0]?.end('first');
    await ended;
    expect(heard()).toMatch(/first.*Connection: close.*second/s);
  });

  it('closes a connection that was busy at the end, when it has its answer', async () => {
    const arrived = once(server, 'request');
    const { socket } = await aClient(request);
    await arrived;
    const ended = once(socket, 'end');
    end(60_000);
    responses[0]?.end('done');
    await ended;
  });

  it('has patience with a request for so long, and no longer', async () => {
    const arrived = once(server, 'request');
    await aClient(request);
    await arrived;
    end(50);
    await closed;
  });
});
