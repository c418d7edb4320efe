import { Client, type ClientConfig } from 'pg';
import type { ServerTrouble } from './server.trouble';

export interface SteadyClientConfig extends ClientConfig {
  /** Is told what the server says when it refuses something. */
  readonly trouble?: ServerTrouble;
}

/** What pg's types leave out. */
interface Wire {
  on(event: 'errorMessage', listener: (error: { code?: string }) => void): unknown;
}

/**
 * A client whose `error` event always has a listener. Pool and TypeORM hang theirs on and off as a connection goes from
 * hand to hand; a server that ends it just between the two would otherwise end this process with it. Whoever waits on
 * the connection hears of its end all the same.
 */
export class SteadyClient extends Client {
  constructor(config?: SteadyClientConfig) {
    super(config);
    this.on('error', () => undefined);
    const trouble = config?.trouble;
    if (trouble) (this.connection as unknown as Wire).on('errorMessage', ({ code }) => trouble.note(code));
  }
}
