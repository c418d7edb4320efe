export interface MannWhitney {
  /** Pairs of one value each in which the first sample's is the greater; a tie is half a pair. */
  readonly u: number;
  /** Two-sided: how likely a `u` at least this far from the middle is, if both samples come of one distribution. */
  readonly pValue: number;
}

/** Up to this size of both samples, and without ties, the p-value is counted out. Counts stay below 2^53. */
const LARGEST_EXACT = 25;

/**
 * The test of Mann and Whitney (1947) of whether values of one sample tend to be greater than those of another. It asks
 * for no form of the distribution, which suits durations with their long tails; it does ask that samples be independent.
 *
 * Exact for small samples without ties, else the normal approximation, corrected for ties and continuity. Samples are
 * finite numbers; if one is empty or all values are the same, nothing can be told and the p-value is 1.
 */
export function mannWhitney(first: readonly number[], second: readonly number[]): MannWhitney {
  const { rankSum, ties } = rank(first, second);
  const [n, m] = [first.length, second.length];
  const u = rankSum - (n * (n + 1)) / 2;
  const furthest = Math.max(u, n * m - u);
  const exact = ties === 0 && n <= LARGEST_EXACT && m <= LARGEST_EXACT;
  return { u, pValue: exact ? exactPValue(furthest, n, m) : normalPValue(furthest, n, m, ties) };
}

/** The sum of the first sample's ranks among all values, ties at their mean rank, and the sum of t^3 - t over ties of t. */
function rank(first: readonly number[], second: readonly number[]): { rankSum: number; ties: number } {
  const all = [...first.map((value) => ({ value, own: 1 })), ...second.map((value) => ({ value, own: 0 }))];
  all.sort((a, b) => a.value - b.value);
  let rankSum = 0;
  let ties = 0;
  let from = 0;
  while (from < all.length) {
    let to = from;
    let own = 0;
    while (to < all.length && all[to]?.value === all[from]?.value) own += all[to++]?.own ?? 0;
    const tied = to - from;
    rankSum += own * (from + (tied + 1) / 2);
    ties += tied ** 3 - tied;
    from = to;
  }
  return { rankSum, ties };
}

/** Counts in how many of all orders of the values `u` would be at least `furthest`, and doubles that for both sides. */
function exactPValue(furthest: number, n: number, m: number): number {
  const highest = n * m;
  // ways[k][u]: so many choices of k among the values seen so far are greater than u of those left out.
  const ways = Array.from({ length: n + 1 }, () => new Float64Array(highest + 1));
  const [none] = ways;
  if (none) none[0] = 1;
  for (let seen = 0; seen < n + m; seen++) {
    for (let k = Math.min(seen + 1, n); k >= 1; k--) {
      const leftOut = seen - (k - 1);
      const [chosen, before] = [ways[k], ways[k - 1]];
      if (leftOut > m || !chosen || !before) continue;
      for (let u = leftOut; u <= highest; u++) chosen[u] = (chosen[u] ?? 0) + (before[u - leftOut] ?? 0);
    }
  }
  const counts = ways[n] ?? new Float64Array();
  const total = counts.reduce((sum, count) => sum + count, 0);
  const tail = counts.subarray(furthest).reduce((sum, count) => sum + count, 0);
  return Math.min(1, (2 * tail) / total);
}

function normalPValue(furthest: number, n: number, m: number, ties: number): number {
  const all = n + m;
  const variance = ((n * m) / 12) * (all + 1 - ties / (all * (all - 1)));
  if (!(variance > 0)) return 1;
  const z = Math.max(0, furthest - (n * m) / 2 - 0.5) / Math.sqrt(variance);
  return Math.min(1, erfc(z / Math.SQRT2));
}

/** The complementary error function for x from 0 up, right to 1.2e-7 of its value: Numerical Recipes in C, 6.2. */
function erfc(x: number): number {
  const t = 1 / (1 + x / 2);
  const coefficients = [
    0.17087277, -0.82215223, 1.48851587, -1.13520398, 0.27886807, -0.18628806, 0.09678418, 0.37409196, 1.00002368,
    -1.26551223,
  ];
  return t * Math.exp(-x * x + coefficients.reduce((sum, coefficient) => sum * t + coefficient, 0));
}
