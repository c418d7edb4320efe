import type { BenchmarkRegistry } from './benchmark-registry';
import { defaultRegistry } from './default-registry';

/**
 * Measures a block: `using benchmark = new PerformanceBenchmark('database_query')`. The time runs from there to the
 * end of the block, however it is left.
 *
 * A block that throws cannot tell this object so. Where failures are to be counted apart, say `fail()`.
 */
export class PerformanceBenchmark implements Disposable, AsyncDisposable {
  private readonly startedAtMs: number;
  private failed = false;
  private seconds: number | undefined;

  constructor(
    readonly name: string,
    private readonly registry: BenchmarkRegistry = defaultRegistry,
  ) {
    this.startedAtMs = registry.nowMs();
  }

  /** Makes it an error: once stopped it is counted as one, and its time is not kept. */
  fail(): void {
    this.failed = true;
  }

  /** Ends it, before the block does if need be; only the first call counts. Returns the seconds that it took. */
  stop(): number {
    if (this.seconds === undefined) {
      this.seconds = (this.registry.nowMs() - this.startedAtMs) / 1_000;
      if (this.failed) this.registry.recordError(this.name);
      else this.registry.record(this.name, this.seconds);
    }
    return this.seconds;
  }

  [Symbol.dispose](): void {
    this.stop();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stop();
  }
}
