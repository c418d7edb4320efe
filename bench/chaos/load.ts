import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'undici';
import { type SignedWebhook, signedWebhooks } from '../load/signed-webhooks.ts';

/** As senders do: no answer in so long is none. */
const ANSWER_WITHIN_MS = 5_000;
/** Senders wait for longer before they try again; these must find out within a round. */
const AGAIN_AFTER_MS = { least: 200, most: 1_000 };
/** Beyond the load itself, until each webhook was told something that is final. */
const PATIENCE_MS = 180_000;

export interface Sending {
  readonly path: string;
  readonly secret: string;
  readonly senders: number;
  /** From one webhook of a sender to its next, at least. */
  readonly everyMs: number;
  /** No more are sent of this one; null for as many as there is time for. */
  readonly atMost: number | null;
}

/** A time in which nobody was told that something was taken. */
export interface Silence {
  /** By the clock of `performance`. */
  readonly fromAt: number;
  readonly ms: number;
}

/** What the senders of one endpoint were told. */
export class Told {
  /** The ids of events, one for each webhook that was acknowledged. */
  readonly acknowledged: string[] = [];
  /** Told that there is no room for it today. */
  refused = 0;
  /** Neither, until the patience was over. */
  untold = 0;
  /** All answers, and what came in the place of one, by what it was. */
  readonly answers = new Map<string, number>();

  count(answer: string): void {
    this.answers.set(answer, (this.answers.get(answer) ?? 0) + 1);
  }
}

/** Signed webhooks through the balancer. What was not acknowledged is sent again, under the same delivery id. */
export class Load {
  private readonly pool: Pool;
  private readonly interruption: AbortSignal;
  private lastAt = performance.now();
  private longest: Silence = { fromAt: this.lastAt, ms: 0 };

  constructor(url: string, interruption: AbortSignal) {
    this.interruption = interruption;
    const timeout = ANSWER_WITHIN_MS;
    this.pool = new Pool(url, {
      connections: 64,
      headersTimeout: timeout,
      bodyTimeout: timeout,
      connectTimeout: timeout,
    });
  }

  /** The longest since the last time that this was asked. */
  takeLongestSilence(): Silence {
    this.endSilence();
    const { longest } = this;
    this.longest = { fromAt: this.lastAt, ms: 0 };
    return longest;
  }

  /** Begins nothing new when `over`; resolves when what was begun was told something final. */
  async send({ path, secret, senders, everyMs, atMost }: Sending, over: AbortSignal): Promise<Told> {
    const told = new Told();
    let sent = 0;
    const isOver = (): boolean => (atMost === null ? over.aborted : sent >= atMost);
    const sender = async (): Promise<void> => {
      while (!isOver() && !this.interruption.aborted) {
        sent++;
        const startedAt = performance.now();
        const [webhook] = signedWebhooks(1, secret, 'push');
        if (webhook) await this.untilTold(path, webhook, told, over);
        // Those that must all be sent hurry when the time is over.
        if (!over.aborted) await sleep(Math.max(0, everyMs - (performance.now() - startedAt)));
      }
    };
    await Promise.all(Array.from({ length: senders }, sender));
    return told;
  }

  async close(): Promise<void> {
    await this.pool.destroy();
  }

  private async untilTold(path: string, webhook: SignedWebhook, told: Told, over: AbortSignal): Promise<void> {
    let giveUpAt = Infinity;
    for (;;) {
      const end = await this.ask(path, webhook, told);
      if (end) return;
      if (over.aborted && giveUpAt === Infinity) giveUpAt = performance.now() + PATIENCE_MS;
      if (performance.now() > giveUpAt || this.interruption.aborted) {
        told.untold++;
        return;
      }
      await sleep(AGAIN_AFTER_MS.least + Math.random() * (AGAIN_AFTER_MS.most - AGAIN_AFTER_MS.least));
    }
  }

  /** True where the answer is final. */
  private async ask(path: string, { headers, body }: SignedWebhook, told: Told): Promise<boolean> {
    try {
      const answer = await this.pool.request({ method: 'POST', path, headers, body });
      const text = await answer.body.text();
      told.count(String(answer.statusCode));
      return this.note(answer.statusCode, text, told);
    } catch (error) {
      told.count(error instanceof Error && 'code' in error ? String(error.code) : 'no answer');
      return false;
    }
  }

  private note(status: number, text: string, told: Told): boolean {
    if (status === 429 && text.includes('quota-exceeded')) {
      told.refused++;
      return true;
    }
    if (status !== 202 && status !== 200) return false;
    this.endSilence();
    told.acknowledged.push(String((JSON.parse(text) as { id: unknown }).id));
    return true;
  }

  private endSilence(): void {
    const now = performance.now();
    const ms = now - this.lastAt;
    if (ms > this.longest.ms) this.longest = { fromAt: this.lastAt, ms };
    this.lastAt = now;
  }
}
