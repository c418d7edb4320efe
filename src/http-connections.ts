import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Lets go of a server's connections at its end. Node closes those that are idle when it is told to, and waits for all
 * others: for as long as their clients keep them busy, and for a client that connected and never says anything.
 */
export class HttpConnections {
  private readonly open = new Set<Socket>();
  private readonly busy = new Set<Socket>();
  private draining = false;

  constructor(private readonly server: Server) {
    server.on('connection', (socket) => {
      this.open.add(socket);
      socket.once('close', () => this.open.delete(socket));
    });
    server.prependListener('request', ({ socket }, response) => {
      this.busy.add(socket);
      if (this.draining) response.setHeader('Connection', 'close');
      response.once('close', () => {
        this.busy.delete(socket);
        if (this.draining) socket.end();
      });
    });
  }

  /** Ends each connection as soon as no request is under way on it, and what is left after `patienceMs`. */
  drain(patienceMs: number): void {
    this.draining = true;
    for (const socket of this.open) {
      if (!this.busy.has(socket)) socket.destroy();
    }
    setTimeout(() => this.server.closeAllConnections(), patienceMs).unref();
  }
}
