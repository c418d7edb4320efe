import { performance } from 'node:perf_hooks';

/**
 * How many requests this process has let past the rate limit in the running window. The limit itself is kept
 * elsewhere, by client and over all processes; this only shows how busy this one is.
 */
export class AdmissionWindow {
  private window = 0;
  private admitted = 0;

  /**
   * @param windowSeconds windows follow each other without a gap, the first begins with the process
   * @param nowMs a clock that never goes back, in milliseconds
   */
  constructor(
    private readonly windowSeconds: number,
    private readonly nowMs: () => number = () => performance.now(),
  ) {}

  admit(): void {
    this.turn();
    this.admitted += 1;
  }

  count(): number {
    this.turn();
    return this.admitted;
  }

  private turn(): void {
    const window = Math.floor(this.nowMs() / 1000 / this.windowSeconds);
    if (window === this.window) return;
    this.window = window;
    this.admitted = 0;
  }
}
