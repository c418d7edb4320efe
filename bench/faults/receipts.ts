import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An n8n that answers at once and remembers how often each event reached it. */
export class Receipts {
  readonly url: string;
  private readonly times = new Map<string, number>();
  private readonly server: Server;

  private constructor(server: Server) {
    this.server = server;
    const { port } = server.address() as AddressInfo;
    this.url = `http://127.0.0.1:${port}`;
    server.on('request', (request, response) => {
      const event = String(request.headers['x-mira-event-id']);
      request.resume().on('end', () => {
        this.times.set(event, (this.times.get(event) ?? 0) + 1);
        response.setHeader('content-type', 'application/json').end('{"message":"Workflow was started"}');
      });
    });
  }

  static async open(): Promise<Receipts> {
    const server = createServer();
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    return new Receipts(server);
  }

  has(eventId: string): boolean {
    return this.times.has(eventId);
  }

  /** How many events came more than once. */
  get repeated(): number {
    return [...this.times.values()].filter((times) => times > 1).length;
  }

  get size(): number {
    return this.times.size;
  }

  close(): void {
    this.server.close();
    this.server.closeAllConnections();
  }
}
