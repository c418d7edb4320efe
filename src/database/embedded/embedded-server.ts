import { chmodSync, mkdirSync, mkdtempSync, rmdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { isNativeError } from 'node:util/types';
import { Worker } from 'node:worker_threads';
import { settingName } from '../../config/setting-name';
import { StartError } from '../../config/start-error';
import { DataFolderLock } from './data-folder.lock';
import { folderError, makePrivateFolder } from './private-folder';

/** The number in the socket's file name: the pg driver appends `.s.PGSQL.<port>` to a host that is a folder. */
const SOCKET_PORT = 5432;
/** Longest path of a unix socket that every platform takes (macOS: 104 bytes with its closing zero). */
const MAX_SOCKET_PATH_BYTES = 100;

/** Compiled it is `.mjs`; run from source, as the tests do, Node strips the types of the `.mts`. */
const WORKER_FILE = join(__dirname, __filename.endsWith('.ts') ? 'embedded.worker.mts' : 'embedded.worker.mjs');

type WorkerMessage = { kind: 'ready' } | { kind: 'stopped' } | { kind: 'failed'; reason: string };

/**
 * The PostgreSQL that Mira brings along: PGlite in a worker thread, behind a unix socket in a folder
 * that only this user can enter. One process owns one data folder, for as long as it lives.
 */
export class EmbeddedServer {
  private constructor(
    private readonly worker: Worker,
    private readonly lock: DataFolderLock,
    private readonly socketFolder: string,
  ) {}

  /**
   * Locks `dataDir`, opens (or creates) the database in it and listens.
   * Throws DataFolderInUseError when another process has the folder, StartError when it cannot be used.
   */
  static async start(dataDir: string): Promise<EmbeddedServer> {
    const folder = resolve(dataDir);
    makePrivateFolder(folder);
    const lock = DataFolderLock.acquire(folder);
    try {
      const socketFolder = openSocketFolder(folder);
      return new EmbeddedServer(await startWorker(folder, socketFolder), lock, socketFolder);
    } catch (error) {
      lock.release();
      throw error;
    }
  }

  /** What the pg driver needs to reach it. */
  get connection(): { host: string; port: number; user: string; database: string } {
    return { host: this.socketFolder, port: SOCKET_PORT, user: 'postgres', database: 'postgres' };
  }

  /** Calls back when the database ends without having been told to. */
  onUnexpectedExit(callback: (error: Error) => void): void {
    this.worker.once('error', callback);
    this.worker.once('exit', (code) => callback(new Error(`the embedded database's thread ended with code ${code}`)));
  }

  async stop(): Promise<void> {
    this.worker.removeAllListeners('error');
    this.worker.removeAllListeners('exit');
    const stopped = messageOf(this.worker, 'stopped');
    this.worker.postMessage('stop');
    await stopped;
    await this.worker.terminate();
    closeSocketFolder(this.socketFolder);
    this.lock.release();
  }
}

async function startWorker(folder: string, socketFolder: string): Promise<Worker> {
  const worker = new Worker(WORKER_FILE, {
    workerData: {
      dataFolder: join(folder, 'pgdata'),
      socketPath: socketIn(socketFolder),
    },
  });
  try {
    await messageOf(worker, 'ready');
    return worker;
  } catch (error) {
    const reason = isNativeError(error) ? error.message : String(error);
    throw new StartError(
      `The embedded database in ${folder} did not start: ${reason}.\n` +
        'The disk may be full, or pgdata in that folder damaged: put back a copy of the whole folder, ' +
        `or choose another with ${settingName('data_dir')}.`,
      { cause: error },
    );
  }
}

function openSocketFolder(dataFolder: string): string {
  const beside = join(dataFolder, 'run');
  const fits = Buffer.byteLength(socketIn(beside)) <= MAX_SOCKET_PATH_BYTES;
  if (!fits) return mkdtempSync(join(tmpdir(), 'mira-'));
  try {
    mkdirSync(beside, { mode: 0o700, recursive: true });
    chmodSync(beside, 0o700);
    rmSync(socketIn(beside), { force: true });
  } catch (error) {
    throw folderError(dataFolder, 'has no room for the socket of the database', error);
  }
  return beside;
}

/** Only the socket is ours to take away: a folder of that name may have been there, with something in it. */
function closeSocketFolder(folder: string): void {
  rmSync(socketIn(folder), { force: true });
  try {
    rmdirSync(folder);
  } catch (error) {
    if (!(isNativeError(error) && 'code' in error && error.code === 'ENOTEMPTY')) throw error;
  }
}

function socketIn(folder: string): string {
  return join(folder, `.s.PGSQL.${SOCKET_PORT}`);
}

function messageOf(worker: Worker, kind: 'ready' | 'stopped'): Promise<void> {
  return new Promise((done, fail) => {
    const onMessage = (message: WorkerMessage): void => {
      if (message.kind === 'failed') return onError(new Error(message.reason));
      if (message.kind !== kind) return;
      cleanUp();
      done();
    };
    const onError = (error: Error): void => {
      cleanUp();
      fail(error);
    };
    const onExit = (code: number): void => onError(new Error(`its thread ended with code ${code}`));
    const cleanUp = (): void => {
      worker.off('message', onMessage).off('error', onError).off('exit', onExit);
    };
    worker.on('message', onMessage).once('error', onError).once('exit', onExit);
  });
}
