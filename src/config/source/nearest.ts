/**
 * Of the known names, the one that somebody who wrote `unknown` most likely meant. Names are paths
 * (`webhook.rate_limit`) or variables (`MIRA_WEBHOOK_PORT`). `tail` is the part of it that may be nearly right when
 * the rest is not: `server.prot` with the tail `prot` finds `webhook.port`.
 */
export function nearest(unknown: string, tail: string, known: readonly string[]): string | undefined {
  let best: { name: string; cost: number } | undefined;
  for (const name of known) {
    const cost = costOf(words(unknown), words(tail), words(name));
    if (best === undefined || cost < best.cost) best = { name, cost };
  }
  return best?.name;
}

/** In edits. A word that was left out is half of one: people shorten more often than they mistype. */
function costOf(unknown: readonly string[], tail: readonly string[], known: readonly string[]): number {
  const asTyped = editDistance(unknown.join('_'), known.join('_'));
  const shortened = unknown.every((word) => known.includes(word)) ? (known.length - unknown.length) / 2 : Infinity;
  const end = tail.join('_');
  const misplaced = editDistance(end, known.slice(-tail.length).join('_'));
  return Math.min(asTyped, Math.abs(shortened), misplaced <= end.length / 3 ? misplaced + 1 : Infinity);
}

/** Insertions, deletions, replacements and swaps of neighbours that turn one text into the other. */
export function editDistance(from: string, to: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= to.length; column += 1) {
      const same = from[row - 1] === to[column - 1];
      const swapped = row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      current[column] = Math.min(
        (last[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (same ? 0 : 1),
        swapped ? (beforeLast[column - 2] ?? 0) + 1 : Infinity,
      );
    }
    beforeLast = last;
    last = current;
  }
  return last[to.length] ?? 0;
}

/** `webhook.rateLimit` and `WEBHOOK_RATE_LIMIT` are the same three words. A name beyond any sense is cut off. */
function words(name: string): string[] {
  return name
    .slice(0, 100)
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .split(/[^a-z0-9]+/);
}
