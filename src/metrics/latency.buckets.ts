/** What is promised of receiving, in seconds. */
export const PROMISED_LATENCY = { mean: 0.05, p95: 0.1, p99: 0.15 } as const;

/** Upper bounds in seconds: each a fifth above the one before, and what is promised exactly. */
export const LATENCY_BOUNDS: readonly number[] = bounds();

function bounds(): number[] {
  const all = new Set<number>(Object.values(PROMISED_LATENCY));
  for (let bound = 0.0005; bound < 40; bound *= 1.2) all.add(Number(bound.toPrecision(4)));
  return [...all].sort((a, b) => a - b);
}

/** The bucket that a duration belongs to; one more than there are bounds for what is above the last. */
export function bucketOf(seconds: number): number {
  const at = LATENCY_BOUNDS.findIndex((bound) => seconds <= bound);
  return at === -1 ? LATENCY_BOUNDS.length : at;
}

/**
 * The duration in seconds that this share of all was at most, from counts by bucket: the bound of its bucket, so never
 * better than it was. Null where nothing was counted.
 */
export function quantileOf(counts: readonly number[], share: number): number | null {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return null;
  let seen = 0;
  for (const [at, count] of counts.entries()) {
    seen += count;
    if (seen >= share * total) return LATENCY_BOUNDS[at] ?? Infinity;
  }
  return Infinity;
}
