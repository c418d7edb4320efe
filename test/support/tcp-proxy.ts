import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

interface Pair {
  readonly near: Socket;
  readonly far: Socket | null;
  stuck: boolean;
}

/** A door between two programs that a test can shut, and behind which it can let one wait for ever. */
export class TcpProxy {
  private readonly pairs = new Set<Pair>();
  private hanging = false;
  private server: Server | null = null;
  private port = 0;

  private constructor(
    private readonly targetHost: string,
    private readonly targetPort: number,
    private readonly retold: (said: Buffer) => Buffer,
  ) {}

  /** @param retold what comes of what the target says */
  static async to(host: string, port: number, retold = (said: Buffer): Buffer => said): Promise<TcpProxy> {
    const proxy = new TcpProxy(host, port, retold);
    await proxy.open();
    return proxy;
  }

  get address(): { host: string; port: number } {
    return { host: '127.0.0.1', port: this.port };
  }

  /**
   * Lets new connections through, as at the beginning. Those that hung are cut; with `keepStuck` they hang for ever, as
   * those to a machine do that went down without a word while another took its place.
   */
  async open({ keepStuck = false } = {}): Promise<void> {
    this.hanging = false;
    for (const pair of this.pairs) if (pair.stuck && !keepStuck) cut(pair);
    if (this.server) return;
    const server = createServer((socket) => this.accept(socket));
    server.listen(this.port, '127.0.0.1');
    await once(server, 'listening');
    this.port = (server.address() as AddressInfo).port;
    this.server = server;
  }

  /** Cuts all connections and refuses new ones, as a stopped server does. */
  async refuse(): Promise<void> {
    this.hanging = false;
    const { server } = this;
    this.server = null;
    server?.close();
    for (const pair of this.pairs) cut(pair);
    if (server) await once(server, 'close');
  }

  /** Takes connections and bytes, and lets none through, as a cut cable does. */
  hang(): void {
    this.hanging = true;
    for (const pair of this.pairs) pair.stuck = true;
  }

  private accept(near: Socket): void {
    const far = this.hanging ? null : connect(this.targetPort, this.targetHost);
    const pair: Pair = { near, far, stuck: this.hanging };
    this.pairs.add(pair);
    near.on('error', () => undefined).on('data', (bytes) => !pair.stuck && far?.write(bytes));
    near.once('close', () => {
      far?.destroy();
      this.pairs.delete(pair);
    });
    far?.on('error', () => undefined).on('data', (bytes) => !pair.stuck && near.write(this.retold(bytes)));
    far?.once('close', () => !pair.stuck && near.destroy());
  }
}

function cut({ near, far }: Pair): void {
  near.destroy();
  far?.destroy();
}
