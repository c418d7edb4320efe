import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** An answer as it stood on the wire. */
export interface RawAnswer {
  readonly status: number;
  readonly head: string;
  readonly body: string;
}

/** What HTTP clients would never send: the bytes are the test's own. Ends with the connection. */
export class RawConnection {
  private received = '';
  private readonly closed: Promise<unknown>;
  private failed = false;

  private constructor(private readonly socket: Socket) {
    socket.setEncoding('latin1').on('data', (text) => (this.received += text));
    // Mira may cut a connection off that is still sending; what it answered before that is what counts.
    socket.on('error', () => (this.failed = true));
    this.closed = once(socket, 'close').catch(() => undefined);
  }

  static async open(port: number): Promise<RawConnection> {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    return new RawConnection(socket);
  }

  /** Resolves when the system has taken the bytes; false once the other side takes no more. */
  async write(text: string | Buffer): Promise<boolean> {
    if (this.failed || !this.socket.writable) return false;
    return new Promise((done) => this.socket.write(text, (error) => done(!error)));
  }

  /** What has been answered so far, or null. */
  get answer(): RawAnswer | null {
    const end = this.received.indexOf('\r\n\r\n');
    if (end === -1) return null;
    const head = this.received.slice(0, end);
    return { status: Number(head.split(' ')[1]), head, body: this.received.slice(end + 4) };
  }

  /** Hangs up in the middle of whatever it is. */
  destroy(): void {
    this.socket.destroy();
  }

  /** The answer, once the other side has closed the connection. */
  async untilClosed(): Promise<RawAnswer | null> {
    await this.closed;
    return this.answer;
  }
}
