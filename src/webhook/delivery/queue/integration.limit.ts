import type { Bearing } from '../attempt/bearing';

/** What every integration may have at a time as long as nothing is known of it, and what slowness alone leaves it. */
export const FIRST_LIMIT = 4;
/** A latency is far above the best when it is so many times it, and so much more. */
const SLOW_FACTOR = 8;
const SLOW_MARGIN_MS = 250;
/** How much the newest latency counts for. */
const SMOOTHING = 0.2;
/** Workflows differ, and so each route has its own best; of so many at most. */
const MAX_ROUTES = 200;
/** The best is forgotten after so many answers, for what is well may change. */
const BEST_OF = 1_000;

interface RouteLatency {
  best: number;
  nextBest: number;
  answers: number;
  smooth: number;
}

/**
 * How many attempts one integration may have at a time: additive increase, multiplicative decrease, as TCP does. A
 * window, which is as many answers as the limit is, without trouble while all was in use makes it one more; trouble
 * halves it, at most once in a window. Pure: it is told what happened, and asked.
 */
export class IntegrationLimit {
  private current: number;
  private good = 0;
  private untilNextCut = 0;
  private readonly routes = new Map<string, RouteLatency>();

  constructor(private readonly most: number) {
    this.current = Math.min(FIRST_LIMIT, most);
  }

  get value(): number {
    return this.current;
  }

  /** @param wasFull whether all of the limit was in use: else a good answer says nothing of a larger one */
  answered(routeId: string, bearing: Bearing, latencyMs: number, wasFull: boolean): void {
    if (this.untilNextCut > 0) this.untilNextCut--;
    if (bearing === 'strained') return this.cut(1);
    if (this.isSlow(routeId, latencyMs)) return this.cut(Math.min(FIRST_LIMIT, this.current));
    if (!wasFull || ++this.good < this.current) return;
    this.good = 0;
    this.current = Math.min(this.most, this.current + 1);
  }

  private cut(least: number): void {
    this.good = 0;
    if (this.untilNextCut > 0) return;
    this.current = Math.max(least, Math.floor(this.current / 2));
    // What is under way now was begun under the old limit, and will say the same.
    this.untilNextCut = this.current * 2;
  }

  private isSlow(routeId: string, latencyMs: number): boolean {
    const known = this.routes.get(routeId);
    if (!known) {
      if (this.routes.size >= MAX_ROUTES) this.routes.clear();
      this.routes.set(routeId, { best: latencyMs, nextBest: latencyMs, answers: 1, smooth: latencyMs });
      return false;
    }
    known.smooth += SMOOTHING * (latencyMs - known.smooth);
    known.best = Math.min(known.best, latencyMs);
    known.nextBest = Math.min(known.nextBest, latencyMs);
    if (++known.answers % BEST_OF === 0) {
      known.best = known.nextBest;
      known.nextBest = latencyMs;
    }
    return known.smooth > Math.max(known.best * SLOW_FACTOR, known.best + SLOW_MARGIN_MS);
  }
}
