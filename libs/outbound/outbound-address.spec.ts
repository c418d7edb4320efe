import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AddressPolicy, type AddressVerdict } from './address-policy';
import { guardedConnector, type Resolve, type ResolvedAddress } from './guarded-connector';
import { OutboundClient } from './outbound-client';

/** A server on loopback that must not be reached unless it is allowed: it counts the connections it gets. */
let server: Server;
let port = 0;
let connections = 0;

beforeAll(async () => {
  server = createServer((_request, response) => response.end('reached'));
  server.on('connection', () => (connections += 1));
  server.listen(0, '::');
  await once(server, 'listening');
  port = (server.address() as AddressInfo).port;
});
beforeEach(() => {
  connections = 0;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

async function send(url: string, { allow = [] as string[], resolve = undefined as Resolve | undefined } = {}) {
  const client = new OutboundClient(new AddressPolicy(allow), { ...(resolve && { resolve }) });
  try {
    return await client.send({ method: 'POST', url, headers: {}, timeoutMs: 3_000 });
  } finally {
    await client.close();
  }
}

const answering =
  (...addresses: string[]): Resolve =>
  () =>
    Promise.resolve(addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })));

describe('an IP address in the URL', () => {
  it.each([
    '127.0.0.1',
    '127.0.0.1.',
    '127.1',
    '2130706433',
    '0x7f.1',
    '0x7f000001',
    '0177.0.0.1',
    '017700000001',
    '127。0。0。1',
    '%31%32%37.0.0.1',
    '0',
    '0.0.0.0',
    '[::1]',
    '[::]',
    '[0:0:0:0:0:0:0:1]',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    '[::7f00:1]',
    '[64:ff9b::7f00:1]',
  ])('%s is refused without a connection', async (host) => {
    expect(await send(`http://${host}:${port}/`)).toMatchObject({ kind: 'refused_address' });
    expect(connections).toBe(0);
  });

  it.each(['127.0.0.1', '0x7f.1', '[::ffff:127.0.0.1]'])('%s is reached where the list allows it', async (host) => {
    expect(await send(`http://${host}:${port}/`, { allow: ['127.0.0.0/8'] })).toMatchObject({ status: 200 });
  });

  it('is judged by the connector too, whatever came before it', async () => {
    const connect = guardedConnector(new AddressPolicy(), { connectTimeoutMs: 1_000 });
    const error = await new Promise((resolve) => {
      connect({ hostname: '127.0.0.1', protocol: 'http:', port: String(port) }, (...[refused]) => resolve(refused));
    });
    expect(error).toMatchObject({ name: 'AddressRefused' });
    expect(connections).toBe(0);
  });
});

describe('an address that a socket has reached', () => {
  it('is judged once more before anything is sent', async () => {
    class Fickle extends AddressPolicy {
      private judged = 0;
      override judge(address: string): AddressVerdict {
        this.judged += 1;
        return this.judged === 1 ? { allowed: true } : super.judge(address);
      }
    }
    const connect = guardedConnector(new Fickle(), { connectTimeoutMs: 1_000, resolve: answering('127.0.0.1') });
    const error = await new Promise((resolve) => {
      connect({ hostname: 'n8n.example', protocol: 'http:', port: String(port) }, (...[refused]) => resolve(refused));
    });
    expect(error).toMatchObject({ name: 'AddressRefused' });
  });
});

describe('a URL', () => {
  it.each(['ftp://127.0.0.1/', 'http://u:p@127.0.0.1/', 'no url', 'http://127.0.0.1/#x'])(
    '%s is refused',
    async (url) => {
      expect(await send(url, { allow: ['127.0.0.0/8'] })).toMatchObject({ kind: 'refused_address' });
    },
  );
});

describe('a name', () => {
  it.each(['localhost', 'LOCALHOST'])('%s is refused as the system resolves it', async (name) => {
    const result = await send(`http://${name}:${port}/`);
    expect(result).toMatchObject({ kind: 'refused_address' });
    expect(connections).toBe(0);
  });

  it.each(['127.0.0.1', '::1', '::ffff:127.0.0.1', '10.0.0.1', '169.254.169.254', 'fd00:ec2::254', 'fe80::1%1'])(
    'that resolves to %s is refused, and the address is not told',
    async (address) => {
      const result = await send(`http://n8n.example:${port}/`, { resolve: answering(address) });
      expect(result).toMatchObject({ kind: 'refused_address' });
      expect(JSON.stringify(result)).not.toContain(address);
      expect(connections).toBe(0);
    },
  );

  it('that resolves to an allowed address is reached there, under its own name', async () => {
    const result = await send(`http://n8n.example:${port}/`, { allow: ['127.0.0.1'], resolve: answering('127.0.0.1') });
    expect(result).toMatchObject({ kind: 'response', status: 200 });
  });

  it('with several addresses is reached at the allowed ones only', async () => {
    const resolve = answering('127.0.0.2', '::1', '127.0.0.1');
    const reached: (string | undefined)[] = [];
    const note = (socket: { localAddress?: string }) => reached.push(socket.localAddress);
    server.on('connection', note);
    const result = await send(`http://n8n.example:${port}/`, { allow: ['127.0.0.1'], resolve });
    server.off('connection', note);
    expect(result).toMatchObject({ kind: 'response', status: 200 });
    expect(reached).toEqual(['::ffff:127.0.0.1']);
  });

  it('that does not exist is a failed connection', async () => {
    const resolve = () => Promise.reject(Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' }));
    expect(await send('http://nowhere.invalid/', { resolve })).toMatchObject({
      kind: 'connection_failed',
      code: 'ENOTFOUND',
      detail: 'The name does not exist.',
    });
  });

  it('without any address is refused', async () => {
    expect(await send('http://nowhere.example/', { resolve: answering() })).toMatchObject({ kind: 'refused_address' });
  });
});

describe('a name whose addresses change', () => {
  /** Answers with the next list at every question, and with the last one for ever. */
  function rebinding(...answers: string[][]) {
    const asked: string[] = [];
    const resolve: Resolve = async (hostname) => {
      const addresses = answers[Math.min(asked.length, answers.length - 1)] ?? [];
      asked.push(hostname);
      return addresses.map((address): ResolvedAddress => ({ address, family: 4 }));
    };
    return { asked, resolve };
  }

  it('is asked for once a connection: the answer that was checked is the one that is used', async () => {
    const { asked, resolve } = rebinding(['127.0.0.1'], ['127.0.0.2']);
    const result = await send(`http://n8n.example:${port}/`, { allow: ['127.0.0.1'], resolve });
    expect(result).toMatchObject({ kind: 'response', status: 200 });
    expect(asked).toEqual(['n8n.example']);
  });

  it('is refused as soon as a new connection would lead elsewhere', async () => {
    const { asked, resolve } = rebinding(['127.0.0.1'], ['127.0.0.2']);
    const client = new OutboundClient(new AddressPolicy(['127.0.0.1']), { resolve });
    const request = { method: 'POST', url: `http://n8n.example:${port}/`, headers: {}, timeoutMs: 3_000 } as const;
    expect(await client.send(request)).toMatchObject({ kind: 'response' });
    server.closeAllConnections();
    let result = await client.send(request);
    // The first may still go into the connection that was closed; it is not sent twice.
    if (result.kind === 'connection_failed') result = await client.send(request);
    expect(result).toMatchObject({ kind: 'refused_address' });
    expect(asked).toHaveLength(2);
    expect(connections).toBe(1);
    await client.close();
  });

  it('is refused when the first answer was public and the next is not', async () => {
    const { resolve } = rebinding(['127.0.0.2'], ['127.0.0.1']);
    const client = new OutboundClient(new AddressPolicy(), { resolve });
    const request = { method: 'POST', url: `http://n8n.example:${port}/`, headers: {}, timeoutMs: 3_000 } as const;
    expect(await client.send(request)).toMatchObject({ kind: 'refused_address' });
    expect(await client.send(request)).toMatchObject({ kind: 'refused_address' });
    expect(connections).toBe(0);
    await client.close();
  });
});
