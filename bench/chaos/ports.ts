import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below those that the kernel gives to connections that go out: a port must still be free when its process is back. */
const [FIRST, LAST] = [20_000, 32_000];

/** Ports of the loopback address on which nobody listens. */
export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) {
    const port = FIRST + Math.floor(Math.random() * (LAST - FIRST));
    if (await isFree(port)) ports.add(port);
  }
  return [...ports];
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}
