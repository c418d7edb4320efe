import { Socket } from 'node:net';

/**
 * A connection to the server that ends itself when nothing came or went for `silenceMs`. A failover or a firewall can
 * drop a connection without a word; the driver would wait on it for as long as the kernel does, a quarter of an hour,
 * and the pool would be full of such. Longer than any statement may take, so that only the dead are cut.
 */
export function watchedSocket(silenceMs: number): () => Socket {
  return () => {
    const socket = new Socket();
    socket.setTimeout(silenceMs, () => {
      socket.destroy(
        Object.assign(new Error('Connection terminated: the database went silent'), { code: 'ETIMEDOUT' }),
      );
    });
    return socket;
  };
}
