import type { PoolClient } from 'pg';
import type { DataSource, QueryRunner } from 'typeorm';

/**
 * Runs `work` on a connection of its own, all of it within `timeoutMs`: asking for the connection, and whatever is
 * waited for on it. A transaction that it leaves open when it fails is undone.
 */
export async function withinDeadline<T>(
  dataSource: DataSource,
  timeoutMs: number,
  work: (client: PoolClient) => Promise<T>,
): Promise<T> {
  const deadline = new Deadline(timeoutMs);
  const runner = dataSource.createQueryRunner();
  let connected = false;
  try {
    const client = await deadline.connect(runner);
    connected = true;
    return await work(client);
  } catch (error) {
    await deadline.rollBack();
    throw error;
  } finally {
    deadline.cancel();
    // A connection that comes too late is not here yet, and goes back by itself.
    if (connected) await runner.release();
  }
}

/**
 * Bounds the time that one transaction may take, from asking for a connection to its end. When it is over the
 * connection is closed under the driver, which fails whatever waits on it and takes it out of the pool:
 * a server that hangs holds nobody, and answers nobody late.
 */
class Deadline {
  private readonly timer: NodeJS.Timeout;
  private client: PoolClient | null = null;
  private onOver: ((error: Error) => void) | null = null;
  private over = false;

  constructor(timeoutMs: number) {
    this.timer = setTimeout(() => this.end(), timeoutMs);
  }

  /** The runner's connection, or a failure when there was none to be had in time. */
  async connect(runner: QueryRunner): Promise<PoolClient> {
    const connecting = runner.connect() as Promise<PoolClient>;
    const late = new Promise<never>((_, fail) => (this.onOver = fail));
    try {
      this.client = await Promise.race([connecting, late]);
      return this.client;
    } catch (error) {
      // One that comes too late goes straight back to the pool.
      connecting.then(() => runner.release()).catch(() => undefined);
      throw error;
    } finally {
      this.onOver = null;
    }
  }

  /** Undoes the transaction after a failure; a connection that cannot even do that is closed. */
  async rollBack(): Promise<void> {
    if (this.over || !this.client) return;
    await this.client.query('ROLLBACK').catch(() => this.close(noAnswer()));
  }

  cancel(): void {
    clearTimeout(this.timer);
  }

  private end(): void {
    this.over = true;
    const error = noAnswer();
    this.onOver?.(error);
    this.close(error);
  }

  private close(error: Error): void {
    this.client?.connection.stream.destroy(error);
  }
}

function noAnswer(): Error {
  return Object.assign(new Error('Connection terminated: the database did not answer in time'), { code: 'ETIMEDOUT' });
}
