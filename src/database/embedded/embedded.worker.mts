/**
 * Runs in a worker thread: PGlite is single-threaded WebAssembly, and here its work does not hold up the event loop
 * that answers webhooks. Speaks the PostgreSQL protocol on a unix socket, so the rest of Mira uses one driver.
 * The file imports packages only: tests run it from source, where Node strips its types.
 */
import { PGlite } from '@electric-sql/pglite';
import { PGLiteSocketServer } from '@electric-sql/pglite-socket';
import { parentPort, workerData } from 'node:worker_threads';

const { dataFolder, socketPath, maxConnections } = workerData as {
  dataFolder: string;
  socketPath: string;
  maxConnections: number;
};

async function serve(): Promise<void> {
  const db = await PGlite.create({ dataDir: dataFolder });
  const server = new PGLiteSocketServer({ db, path: socketPath, maxConnections });
  await server.start();
  parentPort?.on('message', (message: unknown) => {
    if (message !== 'stop') return;
    void (async () => {
      await server.stop();
      await db.close();
      parentPort?.postMessage({ kind: 'stopped' });
      parentPort?.close();
    })();
  });
  parentPort?.postMessage({ kind: 'ready' });
}

void serve();
