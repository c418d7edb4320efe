import { once } from 'node:events';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

export interface ReceivedCall {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly at: number;
}

type Answering = (response: ServerResponse, call: ReceivedCall) => void;

/** A server that answers each call as it is told to, and remembers all of them. The last answer goes on for ever. */
export class Receiver {
  readonly calls: ReceivedCall[] = [];
  private answers: Answering[] = [];

  private constructor(private readonly server: Server) {}

  static async start(): Promise<Receiver> {
    const server = createServer();
    const receiver = new Receiver(server);
    server.on('request', (request, response) => void receiver.receive(request, response));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Forgets what was, and answers so from now on. */
  willAnswer(...answers: Answering[]): void {
    this.calls.length = 0;
    this.answers = answers;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  private async receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url: path = '', headers } = request;
    const call = { method, path, headers, body: await buffer(request), at: Date.now() };
    this.calls.push(call);
    const [first, ...rest] = this.answers;
    if (rest.length > 0) this.answers = rest;
    (first ?? answering(200))(response, call);
  }
}

export function answering(status: number, headers: Record<string, string> = {}, body: string | Buffer = ''): Answering {
  return (response) => void response.writeHead(status, headers).end(body);
}

/** Takes the call and never says a word. */
export const silence: Answering = () => undefined;
