import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A small HTTP server of the bench in a process of its own, so that it is measured, and takes its time, apart. */
export class ServiceProcess {
  readonly url: string;
  private readonly child: ChildProcess;

  private constructor(child: ChildProcess, url: string) {
    this.child = child;
    this.url = url;
  }

  /** @param file a program that ends by calling {@link announce} */
  static async start(file: string, env: Readonly<Record<string, string>> = {}): Promise<ServiceProcess> {
    const child = fork(file, { env: { ...process.env, NODE_ENV: 'production', ...env } });
    const port = await firstMessage(child, file);
    if (typeof port !== 'number') throw new Error(`${file} announced no port`);
    return new ServiceProcess(child, `http://127.0.0.1:${port}`);
  }

  async stop(): Promise<void> {
    await endChild(this.child);
  }
}

/** To be called by such a program: listens on the loopback address, tells where, and ends with the one who asked. */
export function announce(server: Server): void {
  server.listen(0, '127.0.0.1', () => {
    const { port } = server.address() as AddressInfo;
    process.send?.(port);
  });
  process.on('disconnect', () => process.exit());
}

export async function firstMessage(child: ChildProcess, what: string): Promise<unknown> {
  const settled = new AbortController();
  const { signal } = settled;
  try {
    return await Promise.race([
      once(child, 'message', { signal }).then(([message]) => message as unknown),
      once(child, 'exit', { signal }).then(([code]) => {
        throw new Error(`${what} ended with ${String(code)} before it answered`);
      }),
    ]);
  } finally {
    settled.abort();
  }
}

export async function endChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}
