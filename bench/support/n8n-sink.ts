import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ServiceProcess } from './service-process.ts';

export interface SinkCount {
  /** Requests that came. */
  readonly received: number;
  /** Different deliveries among them. */
  readonly deliveries: number;
  /** Requests that it had not answered yet, at most. */
  readonly most_waiting: number;
}

/** How long nothing must have come before the sink is taken to have received all. */
const QUIET_MS = 500;
const LOOK_EVERY_MS = 100;

/** An n8n whose webhooks answer at once, or after a time of work on one at a time; in a process of its own. */
export class N8nSink {
  private readonly service: ServiceProcess;

  private constructor(service: ServiceProcess) {
    this.service = service;
  }

  static async start(workMs = 0): Promise<N8nSink> {
    const file = join(import.meta.dirname, 'n8n-sink.process.ts');
    return new N8nSink(await ServiceProcess.start(file, { WORK_MS: String(workMs) }));
  }

  get url(): string {
    return this.service.url;
  }

  async count(): Promise<SinkCount> {
    return (await this.ask('/')) as SinkCount;
  }

  /** When the event came first or last, in milliseconds of the epoch; waits for it. Throws after `timeoutMs`. */
  async receiptOf(eventId: string, timeoutMs: number): Promise<number> {
    const giveUpAt = performance.now() + timeoutMs;
    for (;;) {
      const { received_at: at } = (await this.ask(`/${eventId}`)) as { received_at: number | null };
      if (at !== null) return at;
      if (performance.now() > giveUpAt) throw new Error(`event ${eventId} did not come within ${timeoutMs} ms`);
      await sleep(LOOK_EVERY_MS);
    }
  }

  /**
   * Waits until at least so many deliveries have come and no more do.
   * Throws after `timeoutMs`, with what is missing.
   */
  async quiet(atLeast: number, timeoutMs: number): Promise<{ count: SinkCount; lastAt: number }> {
    const giveUpAt = performance.now() + timeoutMs;
    let count = await this.count();
    let lastAt = performance.now();
    for (;;) {
      await sleep(LOOK_EVERY_MS);
      const now = performance.now();
      const next = await this.count();
      if (next.received !== count.received) lastAt = now;
      count = next;
      if (count.deliveries >= atLeast && now - lastAt >= QUIET_MS) return { count, lastAt };
      if (now > giveUpAt) throw new Error(`${count.deliveries} of ${atLeast} deliveries came within ${timeoutMs} ms`);
    }
  }

  private async ask(path: string): Promise<unknown> {
    // A kept connection may just be closing when it is used again.
    const response = await fetch(this.url + path, { headers: { connection: 'close' } });
    return response.json();
  }

  async stop(): Promise<void> {
    await this.service.stop();
  }
}
