import type { LoadGenerator } from '../load/load-generator.ts';
import type { LoadResult } from '../load/load-order.ts';
import type { Say } from '../suite.ts';
import { round } from '../support/machine.ts';
import { spreadOf } from '../support/statistics.ts';
import type { DeliverySummary } from './ingest.result.ts';
import { SECRET, type Stage } from './ingest.stage.ts';

/** Connections are made in it, and the first groups committed. */
const LEAD_IN_SECONDS = 0.4;
/** How many webhooks are made ready for a second of a target's first round, when nobody knows yet how fast it is. */
const FIRST_GUESS = 40_000;
/** For later rounds: so many times what it did before. */
const HEADROOM = 1.6;
const DRAIN_TIMEOUT_MS = 120_000;

export interface Target {
  readonly name: string;
  readonly url: string;
  /** Mira's one route takes `push` to the sink; `ping` goes nowhere. */
  readonly eventType: 'push' | 'ping';
}

/** Runs rounds one after the other on one stage, and keeps what came of them. */
export class IngestRounds {
  /** The most that Mira's process held at the end of a round. */
  memoryMiB = 0;
  private readonly stage: Stage;
  private readonly generator: LoadGenerator;
  private readonly connections: number;
  private readonly say: Say;
  private readonly results = new Map<string, LoadResult[]>();
  private readonly speeds = new Map<string, number>();
  private readonly deliveredPerSecond: { during: number[]; after: number[] } = { during: [], after: [] };
  private acknowledged = 0;

  constructor(stage: Stage, generator: LoadGenerator, connections: number, say: Say) {
    this.stage = stage;
    this.generator = generator;
    this.connections = connections;
    this.say = say;
  }

  of(name: string): readonly LoadResult[] {
    return this.results.get(name) ?? [];
  }

  async run(target: Target, seconds: number): Promise<void> {
    const { deliveries: deliveredBefore } = await this.stage.sink.count();
    const roundSeconds = LEAD_IN_SECONDS + seconds;
    const perConnection = ((this.speeds.get(target.name) ?? FIRST_GUESS) * HEADROOM * roundSeconds) / this.connections;
    const result = await this.generator.run({
      url: target.url,
      eventType: target.eventType,
      secret: SECRET,
      connections: this.connections,
      leadInSeconds: LEAD_IN_SECONDS,
      seconds,
      webhooksPerConnection: Math.ceil(perConnection) + 100,
    });
    this.keep(target, result, seconds);
    if (target.url !== this.stage.endpointUrl) return;
    this.memoryMiB = Math.max(this.memoryMiB, await this.stage.mira.residentMiB());
    if (target.eventType === 'push') await this.drain(result, deliveredBefore, roundSeconds);
  }

  /** What was measured so far was for warming up. What was acknowledged remains due. */
  warmedUp(): void {
    this.results.clear();
    this.deliveredPerSecond.during.length = 0;
    this.deliveredPerSecond.after.length = 0;
  }

  async delivery(): Promise<DeliverySummary> {
    const { received, deliveries } = await this.stage.sink.count();
    const { during, after } = this.deliveredPerSecond;
    return {
      acknowledged: this.acknowledged,
      delivered: deliveries,
      delivered_again: received - deliveries,
      per_second_under_load: spreadOf(during, 0),
      per_second_afterwards: spreadOf(after, 0),
    };
  }

  private keep({ name }: Target, result: LoadResult, seconds: number): void {
    if (result.seconds < seconds / 2) throw new Error(`${name} was faster than webhooks were made ready for it`);
    this.speeds.set(name, result.per_second);
    this.results.set(name, [...this.of(name), result]);
    const { per_second, p50_ms, p99_ms } = result;
    this.say(`  ${name.padEnd(16)} ${per_second}/s, p50 ${round(p50_ms, 1)} ms, p99 ${round(p99_ms, 1)} ms`);
  }

  /** Waits until the sink has all that was acknowledged: nothing may be missing, and the next round begins in quiet. */
  private async drain(result: LoadResult, deliveredBefore: number, roundSeconds: number): Promise<void> {
    this.acknowledged += result.acknowledged;
    const startedAt = performance.now();
    const { deliveries: deliveredSoFar } = await this.stage.sink.count();
    const { count, lastAt } = await this.stage.sink.quiet(this.acknowledged, DRAIN_TIMEOUT_MS);
    this.deliveredPerSecond.during.push((deliveredSoFar - deliveredBefore) / roundSeconds);
    const drainSeconds = (lastAt - startedAt) / 1_000;
    if (drainSeconds > 0) this.deliveredPerSecond.after.push((count.deliveries - deliveredSoFar) / drainSeconds);
  }
}
