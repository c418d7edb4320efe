import type { Figure } from './figure.ts';
import { spreadOf } from './statistics.ts';

const [WIDTH, LABEL, BAR, GAP, VALUE] = [860, 400, 18, 12, 150];

/** The figures as horizontal bars: the median, and a line from the lowest round to the highest. */
export function chartOf(title: string, figures: readonly Figure[]): string {
  const spreads = figures.map(({ name, better, values }) => ({ name, better, ...spreadOf(values, 4) }));
  const most = Math.max(...spreads.map(({ max }) => max), Number.MIN_VALUE);
  const scale = (value: number): number => Number(((value / most) * (WIDTH - LABEL - VALUE)).toFixed(1));
  const rows = spreads.map(({ name, better, median, min, max }, n) => {
    const top = 40 + n * (BAR + GAP);
    const middle = top + BAR / 2;
    const colour = better === 'more' ? '#2b7a78' : '#7a4f2b';
    return `  <text x="${LABEL - 8}" y="${middle + 4}" text-anchor="end">${escaped(name)}</text>
  <rect x="${LABEL}" y="${top}" width="${scale(median)}" height="${BAR}" fill="${colour}"/>
  <line x1="${LABEL + scale(min)}" x2="${LABEL + scale(max)}" y1="${middle}" y2="${middle}" stroke="#111"/>
  <text x="${LABEL + scale(Math.max(max, median)) + 6}" y="${middle + 4}">${median} (${better} is better)</text>`;
  });
  const height = 40 + figures.length * (BAR + GAP) + 10;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="12">
  <rect width="${WIDTH}" height="${height}" fill="#fff"/>
  <text x="10" y="22" font-size="14" font-weight="bold">${escaped(title)}</text>
${rows.join('\n')}
</svg>
`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
