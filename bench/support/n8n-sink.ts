import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ServiceProcess } from './service-process.ts';

export interface SinkCount {
  /** Requests that came. */
  readonly received: number;
  /** Different deliveries among them. */
  readonly deliveries: number;
}

/** How long nothing must have come before the sink is taken to have received all. */
const QUIET_MS = 500;
const LOOK_EVERY_MS = 100;

/** An n8n whose webhooks answer at once, in a process of its own. */
export class N8nSink {
  private readonly service: ServiceProcess;

  private constructor(service: ServiceProcess) {
    this.service = service;
  }

  static async start(): Promise<N8nSink> {
    return new N8nSink(await ServiceProcess.start(join(import.meta.dirname, 'n8n-sink.process.ts')));
  }

  get url(): string {
    return this.service.url;
  }

  async count(): Promise<SinkCount> {
    // A kept connection may just be closing when it is used again.
    const response = await fetch(this.url, { headers: { connection: 'close' } });
    return (await response.json()) as SinkCount;
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

  async stop(): Promise<void> {
    await this.service.stop();
  }
}
