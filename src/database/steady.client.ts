import { Client, type ClientConfig } from 'pg';

/**
 * A client whose `error` event always has a listener. Pool and TypeORM hang theirs on and off as a connection goes from
 * hand to hand; a server that ends it just between the two would otherwise end this process with it. Whoever waits on
 * the connection hears of its end all the same.
 */
export class SteadyClient extends Client {
  constructor(config?: ClientConfig) {
    super(config);
    this.on('error', () => undefined);
  }
}
