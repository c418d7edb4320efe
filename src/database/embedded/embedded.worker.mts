/**
 * Runs in a worker thread: PGlite is single-threaded WebAssembly, and here its work does not hold up the event loop
 * that answers webhooks. Speaks the PostgreSQL protocol on a unix socket, so the rest of Mira uses one driver.
 * Tests run it from source, where Node strips its types: what it imports are packages and files that end in .mts.
 */
import { PGlite } from '@electric-sql/pglite';
import { parentPort, workerData } from 'node:worker_threads';
import { SharedBackend } from './shared-backend.mts';

const { dataFolder, socketPath } = workerData as { dataFolder: string; socketPath: string };

async function serve(): Promise<void> {
  const db = await PGlite.create({ dataDir: dataFolder });
  const backend = new SharedBackend(db);
  await backend.listen(socketPath);
  parentPort?.on('message', (message: unknown) => {
    if (message !== 'stop') return;
    void (async () => {
      await backend.close();
      await db.close();
      parentPort?.postMessage({ kind: 'stopped' });
      parentPort?.close();
    })();
  });
  parentPort?.postMessage({ kind: 'ready' });
}

/** What the file system of the WebAssembly throws is no Error, and could not be told to anybody. */
serve().catch((error: unknown) => {
  const errno: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, 'errno') : undefined;
  const reason = error instanceof Error ? error.message : `its files cannot be opened (${String(errno ?? error)})`;
  parentPort?.postMessage({ kind: 'failed', reason });
  parentPort?.close();
});
