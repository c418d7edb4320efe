import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** For a client that connects while the server ends, to say what it wants. */
const SILENCE_MS = 1_000;

/**
 * Lets go of a server's connections at its end. Node closes those that are idle when it is told to, and waits for all
 * others: for as long as their clients keep them busy, and for a client that connected and never says anything.
 */
export class HttpConnections {
  private readonly open = new Set<Socket>();
  /** Of a client that does not wait for an answer before its next request there may be several. */
  private readonly busy = new Map<Socket, Set<ServerResponse>>();
  private leaving = false;
  private draining = false;

  constructor(private readonly server: Server) {
    server.on('connection', (socket) => {
      this.open.add(socket);
      if (this.draining) this.closeUnlessUsed(socket);
      socket.once('close', () => this.open.delete(socket));
    });
    server.prependListener('request', ({ socket }, response) => {
      const responses = this.busy.get(socket) ?? new Set();
      this.busy.set(socket, responses.add(response));
      if (this.leaving) tellLast(responses);
      response.once('close', () => {
        responses.delete(response);
        if (responses.size > 0) return;
        this.busy.delete(socket);
        if (this.draining) socket.end();
      });
    });
  }

  /** Probes still come while others finish; a client that says nothing must not be what the end waits for. */
  private closeUnlessUsed(socket: Socket): void {
    setTimeout(() => {
      if (!this.busy.has(socket)) socket.destroy();
    }, SILENCE_MS).unref();
  }

  /**
   * Each answer is the last one of its connection from now on, and says so, but where the client has sent a next request
   * already. Connections that were not told stay, be they idle or in the middle of an answer: one that is cut at the moment
   * in which its client uses it again costs that client a request.
   */
  leave(): void {
    this.leaving = true;
    for (const responses of this.busy.values()) tellLast(responses);
  }

  /** Ends each connection as soon as no request is under way on it, and what is left after `patienceMs`. */
  drain(patienceMs: number): void {
    this.leave();
    this.draining = true;
    for (const socket of this.open) if (!this.busy.has(socket)) socket.destroy();
    setTimeout(() => this.server.closeAllConnections(), patienceMs).unref();
  }
}

/** Of the answers that a client waits for on one connection the last says that it is. */
function tellLast(responses: ReadonlySet<ServerResponse>): void {
  const last = [...responses].at(-1);
  for (const response of responses) {
    if (response.headersSent) continue;
    if (response === last) response.setHeader('Connection', 'close');
    else response.removeHeader('Connection');
  }
}
