import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** A door between two programs that a test can shut, and behind which it can let one wait for ever. */
export class TcpProxy {
  private readonly pairs = new Map<Socket, Socket>();
  private hanging = false;
  private server: Server | null = null;
  private port = 0;

  private constructor(
    private readonly targetHost: string,
    private readonly targetPort: number,
  ) {}

  static async to(host: string, port: number): Promise<TcpProxy> {
    const proxy = new TcpProxy(host, port);
    await proxy.open();
    return proxy;
  }

  get address(): { host: string; port: number } {
    return { host: '127.0.0.1', port: this.port };
  }

  /** Lets through, as at the beginning. Connections that hung before are cut: they are nothing to go on with. */
  async open(): Promise<void> {
    const wasHanging = this.hanging;
    this.hanging = false;
    if (wasHanging) this.cutAll();
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
    this.cutAll();
    if (server) await once(server, 'close');
  }

  /** Takes connections and bytes, and lets none through, as a cut cable does. */
  hang(): void {
    this.hanging = true;
    for (const [near, far] of this.pairs) {
      near.pause();
      far.pause();
    }
  }

  private accept(near: Socket): void {
    near.on('error', () => undefined);
    if (this.hanging) {
      this.pairs.set(near, near);
      near.once('close', () => this.pairs.delete(near));
      near.pause();
      return;
    }
    const far = connect(this.targetPort, this.targetHost);
    this.pairs.set(near, far);
    far.on('error', () => near.destroy());
    far.once('close', () => near.destroy());
    near.once('close', () => {
      far.destroy();
      this.pairs.delete(near);
    });
    // By hand instead of pipe(), which would resume what was paused to hang.
    near.on('data', (bytes) => !this.hanging && far.write(bytes));
    far.on('data', (bytes) => !this.hanging && near.write(bytes));
  }

  private cutAll(): void {
    for (const [near, far] of this.pairs) {
      near.destroy();
      far.destroy();
    }
  }
}
