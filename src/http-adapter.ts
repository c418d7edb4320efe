import { ExpressAdapter } from '@nestjs/platform-express';
import { createServer, type IncomingMessage, type ServerOptions, type ServerResponse } from 'node:http';

/** How often slow requests are looked for, in milliseconds. Node's 30 s would triple the time that headers may take. */
const CHECK_EVERY_MS = 2_000;

/** Options that a server of node's takes only when it is made. That a Host is needed is checked by Mira, in words. */
const OPTIONS: ServerOptions = { connectionsCheckingInterval: CHECK_EVERY_MS, requireHostHeader: false };

/** Takes a request, or leaves it alone and says so by false. */
export type Shortcut = (request: IncomingMessage, response: ServerResponse) => boolean;

/** Nest's adapter for Express, on a server with options that it has no place for, and with a way around it. */
export class HttpAdapter extends ExpressAdapter {
  private shortcut: Shortcut = () => false;

  /** What gets to see each request before Express does. */
  shortenBy(shortcut: Shortcut): void {
    this.shortcut = shortcut;
  }

  override initHttpServer(): void {
    const express = this.getInstance<(request: IncomingMessage, response: ServerResponse) => void>();
    this.httpServer = createServer(OPTIONS, (request, response) => {
      if (!this.shortcut(request, response)) express(request, response);
    });
  }
}
