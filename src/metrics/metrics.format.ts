export type MetricsFormat = 'json' | 'prometheus' | 'openmetrics';

export const PROMETHEUS_CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';
export const OPENMETRICS_CONTENT_TYPE = 'application/openmetrics-text; version=1.0.0; charset=utf-8';

/** In the order of preference where a client takes several equally. */
const MEDIA_TYPES: readonly (readonly [MetricsFormat, string])[] = [
  ['json', 'application/json'],
  ['openmetrics', 'application/openmetrics-text'],
  ['prometheus', 'text/plain'],
];

interface MediaRange {
  readonly type: string;
  readonly quality: number;
}

/**
 * The format that an Accept header asks for, by RFC 9110, section 12.5.1: each format gets the quality of the
 * most specific range that fits it, and the best one wins. Parameters other than `q` are left aside, because
 * scrapers send versions and escapings (`text/plain;version=1.0.0;escaping=allow-utf-8`) that change from one
 * release to the next. Where nothing fits, JSON.
 */
export function chooseFormat(accept: string | undefined): MetricsFormat {
  const ranges = parseAccept(accept ?? '*/*');
  let best: MetricsFormat = 'json';
  let bestQuality = 0;
  for (const [format, type] of MEDIA_TYPES) {
    const quality = qualityOf(type, ranges);
    if (quality > bestQuality) [best, bestQuality] = [format, quality];
  }
  return best;
}

function parseAccept(accept: string): MediaRange[] {
  return accept.split(',').map((range) => {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    const q = parameters.find((parameter) => parameter.startsWith('q='));
    const quality = q === undefined ? 1 : Number(q.slice(2));
    return { type, quality: Number.isFinite(quality) ? quality : 0 };
  });
}

function qualityOf(type: string, ranges: readonly MediaRange[]): number {
  for (const wanted of [type, `${type.split('/')[0]}/*`, '*/*']) {
    const fitting = ranges.filter((range) => range.type === wanted);
    if (fitting.length > 0) return Math.max(...fitting.map((range) => range.quality));
  }
  return 0;
}

/**
 * Prometheus text as OpenMetrics 1.0 text. prom-client can write both, but renames the counters of a registry for
 * good once it has written OpenMetrics; this leaves the registry alone. The formats differ, for what Mira exposes,
 * in the name of a counter's family (without `_total`), in quotes within HELP, in blank lines and in the last line.
 */
export function toOpenMetrics(prometheusText: string): string {
  const lines = prometheusText.split('\n').filter((line) => line !== '');
  const counters = new Set(lines.flatMap((line) => /^# TYPE (\w+)_total counter$/.exec(line)?.[1] ?? []));
  const converted = lines.map((line) => {
    const [, keyword, name = '', rest = ''] = /^# (HELP|TYPE) (\w+) (.*)$/.exec(line) ?? [];
    if (!keyword) return line;
    const family = name.replace(/_total$/, '');
    const text = keyword === 'HELP' ? rest.replaceAll('"', '\\"') : rest;
    return `# ${keyword} ${counters.has(family) ? family : name} ${text}`;
  });
  return [...converted, '# EOF', ''].join('\n');
}
