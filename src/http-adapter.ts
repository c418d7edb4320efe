import { ExpressAdapter } from '@nestjs/platform-express';
import { createServer, type ServerOptions } from 'node:http';

/** How often slow requests are looked for, in milliseconds. Node's 30 s would triple the time that headers may take. */
const CHECK_EVERY_MS = 2_000;

/** Options that a server of node's takes only when it is made. That a Host is needed is checked by Mira, in words. */
const OPTIONS: ServerOptions = { connectionsCheckingInterval: CHECK_EVERY_MS, requireHostHeader: false };

/** Nest's adapter for Express, on a server with options that it has no place for. */
export class HttpAdapter extends ExpressAdapter {
  override initHttpServer(): void {
    this.httpServer = createServer(OPTIONS, this.getInstance());
  }
}
